"""QCFS (ICLR 2022) as the catalogue knows it: experiments, claims and facts about the paper."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.catalogue import Paper
from harness.catalogue.claims import read_claims
from harness.papers.qcfs.experiments import EXPERIMENTS

TEST_IMAGES = {"cifar10": 10_000, "cifar100": 10_000}


def _topics() -> Sequence[Any]:
    from harness.papers.qcfs.findings import TOPICS  # needs numpy, which a list of experiments does not

    return TOPICS


def _first_sentences(source: Any) -> Sequence[str]:
    from harness.papers.qcfs.findings import first_sentences

    return first_sentences(source)


def _headline(source: Any) -> str:
    from harness.papers.qcfs.findings import headline

    return headline(source)


PAPER = Paper(
    name="qcfs",
    title="QCFS",
    venue="ICLR 2022",
    experiments=EXPERIMENTS,
    claims=read_claims(Path(__file__).with_name("claims.toml"), EXPERIMENTS, TEST_IMAGES),
    test_images=TEST_IMAGES,
    topics=_topics,
    first_sentences=_first_sentences,
    headline=_headline,
    url="https://arxiv.org/abs/2303.04347",
    measurements="python -m harness.papers.qcfs.measurements",
    stands={"cifar10": "qcfs-cifar10-resnet20", "cifar100": "qcfs-cifar100-resnet20"},
)
