"""Everything that schedules cells: plan, run, evaluations, workers, progress, status, tuning, validation; and
verification and prediction."""
