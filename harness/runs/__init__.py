"""Everything that schedules cells: plan, run, workers, progress, status, verification, prediction."""
