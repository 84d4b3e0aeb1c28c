"""Scores: pure functions on features and moments."""
