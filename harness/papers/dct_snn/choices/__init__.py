"""Choices that the paper leaves open, made on a validation split of the training images by the scripts here."""
