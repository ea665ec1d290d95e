"""System 3: F2 controllers through Kafka into TimescaleDB."""
