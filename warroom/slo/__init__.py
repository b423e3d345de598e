"""Statistics of service levels: pure functions of numbers."""
