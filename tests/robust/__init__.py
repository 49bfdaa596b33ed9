"""Tests of what happens when things go wrong, with real processes where a process is meant."""
