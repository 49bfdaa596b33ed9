"""Time and memory of a training step: ours, the same network in other SNN libraries, and its bare matrix products."""
