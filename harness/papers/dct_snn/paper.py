"""DCT-SNN (ICCV 2021) as the catalogue knows it: experiments, claims and facts about the paper."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.catalogue import Paper
from harness.catalogue.claims import read_claims
from harness.config import CellConfig
from harness.papers.dct_snn.experiments import EXPERIMENTS
from harness.records.fingerprint import recipe_digest

TEST_IMAGES = {"mnist": 10_000, "cifar10": 10_000, "cifar100": 10_000, "tinyimagenet": 10_000}
URL = (
    "https://openaccess.thecvf.com/content/ICCV2021/html/"
    "Garg_DCT-SNN_Using_DCT_To_Distribute_Spatial_Information_Ove"
    "r_Time_for_Low-Latency_ICCV_2021_paper.html"
)
CLAIMS = Path(__file__).with_name("claims.toml")


def _picture() -> Any:
    from harness.papers.dct_snn.picture import picture  # draws with matplotlib, which only the page needs

    return picture()


def _topics() -> Sequence[Any]:
    from harness.papers.dct_snn.findings import TOPICS  # needs numpy, which a list of experiments does not

    return TOPICS


def _first_sentences(source: Any) -> Sequence[str]:
    from harness.papers.dct_snn.findings import first_sentences

    return first_sentences(source)


def _tuned(config: CellConfig) -> bool:
    from harness.papers.dct_snn.choices import tuned

    return tuned(recipe_digest(config))


def _headline(source: Any) -> str:
    from harness.papers.dct_snn.findings import headline

    return headline(source)


PAPER = Paper(
    name="dct-snn",
    title="DCT-SNN",
    venue="ICCV 2021",
    experiments=EXPERIMENTS,
    claims=read_claims(CLAIMS, EXPERIMENTS, TEST_IMAGES),
    test_images=TEST_IMAGES,
    picture=_picture,
    topics=_topics,
    first_sentences=_first_sentences,
    tuned=_tuned,
    headline=_headline,
    url=URL,
    measurements="python -m harness.papers.dct_snn.measurements",
)
