"""Other libraries' encoders behind our protocol, so that they stand in the same tables; extra `peers` installs them.

Each adapter calls the library's own function and adds nothing to its code; docstrings say where that code differs
from ours or from its paper.
"""
