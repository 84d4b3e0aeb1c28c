"""Files between the two wings; no other package knows their names."""
