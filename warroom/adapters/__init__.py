"""The outside world, one file per system. Nothing above the composition roots imports these; each imports its
library when it is first used."""
