"""The routes of the v2 HTTP API, a file for each kind of thing."""
