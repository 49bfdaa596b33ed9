"""What the program asks of the machine it runs on: whole files, disk, memory, signals, versions."""
