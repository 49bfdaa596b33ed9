"""Encoders without any SNN: the spikes of one image as a figure, and a linear probe of what spikes tell of images."""
