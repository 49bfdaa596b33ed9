"""From records to verdicts: cells, statistics, judges. Imports neither torch nor pandas."""
