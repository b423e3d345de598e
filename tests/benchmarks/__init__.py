"""How fast and how large Warroom is, as ratios to its peers measured in the same run: `make bench`."""
