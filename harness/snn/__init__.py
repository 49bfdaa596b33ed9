"""Spiking networks: neurons, their fast kernels, networks built from a spec, threshold balancing."""

import encoders  # noqa: F401 - chooses the folder of Numba's cache before Numba is imported
