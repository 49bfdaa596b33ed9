"""QCFS (ICLR 2022)."""
