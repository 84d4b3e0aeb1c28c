"""The wing that writes reports; it does not need torch."""
