"""Networks and losses of all models."""
