"""System 5 (seed 004): Shelly BLU H&T sensors, their gateways, collector and API."""
