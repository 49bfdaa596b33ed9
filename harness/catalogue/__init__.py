"""Experiments, the papers' claims about them, and the catalogue that holds both."""

from harness.catalogue.catalogue import Catalogue, Paper
from harness.catalogue.claims import Claim, Statement
from harness.catalogue.experiment import NOT_IN_PAPER, Arm, Experiment, Profile

__all__ = [
    "NOT_IN_PAPER",
    "Arm",
    "Catalogue",
    "Claim",
    "Experiment",
    "Paper",
    "Profile",
    "Statement",
]
