"""Tests of the report, with their hand-made records and their browser."""
