"""One file a simulator: a network's neurons made of its own modules, stepped through time by one plain loop."""
