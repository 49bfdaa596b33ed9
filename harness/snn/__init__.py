"""The spiking network: one neuron, its fast kernels, networks built from a spec, threshold balancing."""
