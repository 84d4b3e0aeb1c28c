"""Records -> tables and findings. Every ranking, rounding, test and verdict is decided here, once."""
