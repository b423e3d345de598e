"""The engine's HTTP API: state, events and requests."""
