"""The system being taught."""
