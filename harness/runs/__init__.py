"""Everything that schedules cells: request, plan, estimate, grid, status, verification, certification."""
