"""Tasks: Flux that the server runs on a schedule."""
