"""The engine: decides what is to be done next, does it through its ports, and journals before and after."""
