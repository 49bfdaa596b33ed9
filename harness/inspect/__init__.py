"""Looking at an encoder without any SNN: one image's spikes as a figure, and a linear probe of what they hold."""
