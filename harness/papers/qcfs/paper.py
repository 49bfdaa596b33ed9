"""QCFS (ICLR 2022) as the catalogue knows it: experiments, claims and facts about the paper."""

from importlib import import_module
from pathlib import Path

from harness.catalogue import Paper
from harness.catalogue.claims import read_claims
from harness.papers import later
from harness.papers.qcfs.experiments import EXPERIMENTS

TEST_IMAGES = {"cifar10": 10_000, "cifar100": 10_000}

PAPER = Paper(
    name="qcfs",
    title="QCFS",
    venue="ICLR 2022",
    experiments=EXPERIMENTS,
    claims=read_claims(Path(__file__).with_name("claims.toml"), EXPERIMENTS, TEST_IMAGES),
    test_images=TEST_IMAGES,
    topics=lambda: import_module("harness.papers.qcfs.findings").TOPICS,
    first_sentences=later("harness.papers.qcfs.findings", "first_sentences"),
    headline=later("harness.papers.qcfs.findings", "headline"),
    url="https://arxiv.org/abs/2303.04347",
    measurements="python -m harness.papers.qcfs.measurements",
    stands={"cifar10": "qcfs-cifar10-resnet20", "cifar100": "qcfs-cifar100-resnet20"},
)
