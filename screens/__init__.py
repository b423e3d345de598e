"""The console's screens, each a `name.py` beside its `name.tcss`; imported as `warroom.screens`."""
