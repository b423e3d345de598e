"""The playbook language: models, loader, interpolation, JSON Schema. The kinds of checks are passed in."""
