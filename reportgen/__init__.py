"""Declare experiments in one YAML file, run them, hand in the report."""

__version__ = "0.1.0"
