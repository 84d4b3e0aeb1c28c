"""Metrics: pure functions of features, moments or images, and the detectors that compute features."""
