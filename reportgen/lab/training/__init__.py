"""Training: the loop, checkpoints, and what supplies a step of each model."""
