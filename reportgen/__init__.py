"""Declare experiments in one YAML file, run them, hand in the report."""

__version__ = "0.1.29"

DISTRIBUTION = "reportgen-ml"
"""Name of the distribution; ``reportgen`` on the package index is an unrelated project."""
