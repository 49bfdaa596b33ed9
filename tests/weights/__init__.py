"""Tests of kept weights: the file, what it predicts, and another simulator."""
