"""Declare experiments in one YAML file, run them, hand in the report."""

__version__ = "0.1.0"

DISTRIBUTION = "reportgen-ml"
"""The name that pip knows this package by; ``reportgen`` on the package index is an unrelated project's."""
