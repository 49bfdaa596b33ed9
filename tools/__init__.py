"""For maintainers, in a clone: proof that code computes the same, simulations, and the size of the program."""
