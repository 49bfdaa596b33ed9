"""One package a paper: its experiments, claims, choices made on validation, and pictures."""
