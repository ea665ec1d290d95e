"""System 2 (seed 001): manages the ESP32 nodes. The nodes are `python -m labkit.devices esp32`, or firmware/."""
