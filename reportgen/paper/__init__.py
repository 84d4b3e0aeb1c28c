"""The wing that reports; it runs where torch is not installed."""
