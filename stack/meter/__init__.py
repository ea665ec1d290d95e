"""The meter system: collector and device manager of seed 003, around the part `devices`."""
