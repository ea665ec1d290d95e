"""Rooms and capsules: where submissions are executed and judged."""
