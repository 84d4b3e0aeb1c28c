"""Training: the loop, checkpoints, and the objectives of all models."""
