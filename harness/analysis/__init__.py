"""From records to verdicts: frame, intervals, curves, claims, verdicts. Imports no torch."""
