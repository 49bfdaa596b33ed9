"""The machine: files, locks, disk space, printing, signals, threads, memory, versions."""
