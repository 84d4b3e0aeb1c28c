"""The suite: ``experiments.yaml``, its settings, and the runs that it declares."""
