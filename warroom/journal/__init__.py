"""The journal of a launch: append-only, on the disk before it is acknowledged, each entry chained to the last."""
