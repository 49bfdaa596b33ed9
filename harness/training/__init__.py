"""Methods: ANN pre-training, SNN fine-tuning or conversion, and accuracy at every timestep."""
