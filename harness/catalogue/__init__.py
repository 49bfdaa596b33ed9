"""Experiments, the papers' claims about them, and the catalogue that holds both."""

from harness.catalogue.catalogue import Catalogue, Paper
from harness.catalogue.claim import Claim
from harness.catalogue.experiment import NOT_IN_PAPER, Arm, Experiment, Profile
from harness.catalogue.sentence import Sentence, by_topic, under

__all__ = [
    "NOT_IN_PAPER",
    "Arm",
    "Catalogue",
    "Claim",
    "Experiment",
    "Paper",
    "Profile",
    "Sentence",
    "by_topic",
    "under",
]
