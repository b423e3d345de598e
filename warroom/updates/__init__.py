"""The posts of a launch: their texts, and how they reach a channel."""
