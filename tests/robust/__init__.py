"""Tests of bad input: damaged and edited records, faulty plug-ins, malformed commands."""
