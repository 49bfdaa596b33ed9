"""What depends on the machine: files, locks, disk space, memory, signals, versions."""
