"""System 1 (seed 000): the API of the home. Its sensors are `python -m labkit.devices home`."""
