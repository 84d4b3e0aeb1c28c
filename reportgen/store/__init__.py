"""What lies on disk between the two wings, and the only place that knows file names."""
