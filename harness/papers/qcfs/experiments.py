"""The experiments of QCFS: its networks on CIFAR-10 and CIFAR-100, and what L and the shift do on a small one.

A record of T = 64 has the accuracy at every t up to it: the whole row of the paper's table, but for T ≥ 512.
"""

from collections.abc import Mapping
from typing import Any

from harness.catalogue import Arm, Experiment, Profile
from harness.config import EncoderSpec, NetworkSpec
from harness.papers.qcfs.recipe import (
    AUGMENTATION,
    PUBLISHED,
    RESNET18,
    RESNET20,
    SMALL,
    SMOKE,
    VGG16,
    lite,
    paper,
    published,
    short,
)

DIRECT = EncoderSpec("direct")
STEPS = 64


def _of_network(
    data: str, network: NetworkSpec, title: str, levels: int = 4, profiles: tuple[Profile, ...] = ()
) -> Experiment:
    """A network of the paper's tables; on CIFAR-100, the sources name the rates 0.02 and 0.05."""
    rates = (0.1,) if data == "cifar10" else (0.02, 0.05)
    return Experiment(
        f"qcfs-{data}-{network.name}",
        title,
        "results on CIFAR-10 and CIFAR-100",
        data,
        arms=(Arm("qcfs", DIRECT, STEPS, f"QCFS, L = {levels}"),),
        profiles=(SMOKE, *profiles, paper(network, levels, rates[0])),
        published=published(network, levels, rates),
    )


CIFAR10_RESNET20 = _of_network("cifar10", RESNET20, "ResNet-20 on CIFAR-10", profiles=(lite(), short(RESNET20)))
CIFAR10_VGG16 = _of_network("cifar10", VGG16, "VGG-16 on CIFAR-10")
CIFAR10_RESNET18 = _of_network("cifar10", RESNET18, "ResNet-18 on CIFAR-10")
CIFAR100_VGG16 = _of_network("cifar100", VGG16, "VGG-16 on CIFAR-100")
CIFAR100_RESNET20 = _of_network("cifar100", RESNET20, "ResNet-20 on CIFAR-100", levels=8)
CIFAR100_RESNET18 = _of_network("cifar100", RESNET18, "ResNet-18 on CIFAR-100")


def _arm(name: str, title: str, changes: Mapping[str, Any], in_paper: bool = True) -> Arm:
    return Arm(name, DIRECT, 32, title, in_paper, changes, seeds=None if in_paper else 3)


ABLATION = Experiment(
    "qcfs-ablation",
    "What do L and the shift of QCFS do?",
    "ablation",
    "cifar10",
    arms=(
        *(_arm(f"l{n}", f"L = {n}", {"method.parameters.levels": n}) for n in (4, 2, 8)),
        *(
            _arm(f"l{n}-no-shift", f"L = {n}, no shift", {"method.parameters": {"levels": n, "shift": 0.0}})
            for n in (4, 2, 8)
        ),
        # What is named in public where the numbers did not come out.
        _arm("theta-1", "L = 4, θ starts at 1", {"method.parameters.threshold": 1.0}, in_paper=False),
        _arm("augmented", "L = 4, AutoAugment and Cutout", {"ann.augmentation": AUGMENTATION}, in_paper=False),
        _arm("longer", "L = 4, twice as many epochs", {"ann.epochs": 30}, in_paper=False),
    ),
    profiles=(SMOKE, lite(SMALL)),
    published={path: stated for path, stated in PUBLISHED.items() if not path.startswith("method")},
)

EXPERIMENTS: tuple[Experiment, ...] = (
    CIFAR10_RESNET20,
    ABLATION,
    CIFAR10_VGG16,
    CIFAR10_RESNET18,
    CIFAR100_RESNET20,
    CIFAR100_VGG16,
    CIFAR100_RESNET18,
)
