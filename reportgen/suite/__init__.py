"""``experiments.yaml`` -> the runs that it declares."""
