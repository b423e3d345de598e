"""The kinds of check that Warroom brings, one kind per file; imported as `warroom.checks`."""
