"""Service levels: what was measured, what it means, and when a trigger fires. Pure: time is passed in."""
