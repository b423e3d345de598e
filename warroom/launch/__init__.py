"""Pure decisions about a launch: what a gate excuses, which hint fits."""
