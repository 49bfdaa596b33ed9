"""ANN pre-training, SNN fine-tuning, and accuracy at every timestep."""
