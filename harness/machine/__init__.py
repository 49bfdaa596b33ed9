"""The machine: files, locks, disk space, memory, signals, versions."""
