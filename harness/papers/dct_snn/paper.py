"""DCT-SNN (ICCV 2021) as the catalogue knows it: experiments, claims and facts about the paper."""

from importlib import import_module
from pathlib import Path

from harness.catalogue import Paper
from harness.catalogue.claims import read_claims
from harness.papers import later
from harness.papers.dct_snn.experiments import EXPERIMENTS

TEST_IMAGES = {"mnist": 10_000, "cifar10": 10_000, "cifar100": 10_000, "tinyimagenet": 10_000}
URL = (
    "https://openaccess.thecvf.com/content/ICCV2021/html/"
    "Garg_DCT-SNN_Using_DCT_To_Distribute_Spatial_Information_Ove"
    "r_Time_for_Low-Latency_ICCV_2021_paper.html"
)
CLAIMS = Path(__file__).with_name("claims.toml")


PAPER = Paper(
    name="dct-snn",
    title="DCT-SNN",
    venue="ICCV 2021",
    experiments=EXPERIMENTS,
    claims=read_claims(CLAIMS, EXPERIMENTS, TEST_IMAGES),
    test_images=TEST_IMAGES,
    picture=later("harness.papers.dct_snn.picture", "picture"),
    topics=lambda: import_module("harness.papers.dct_snn.findings").TOPICS,
    first_sentences=later("harness.papers.dct_snn.findings", "first_sentences"),
    tuned=later("harness.papers.dct_snn.choices", "tuned"),
    headline=later("harness.papers.dct_snn.findings", "headline"),
    url=URL,
    measurements="python -m harness.papers.dct_snn.measurements",
    stands={"cifar10": "cifar10-vgg9", "cifar100": "cifar100-vgg11"},
)
