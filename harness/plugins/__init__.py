"""Encoders from other packages: a template for a new one, and guards against faulty ones."""
