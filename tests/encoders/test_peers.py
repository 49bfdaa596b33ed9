"""Adapters: the laws, agreement with our own code where it is the same code, and what a missing library says."""

import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from encoders import create, registry
from encoders.base import Encoder, EncoderError
from encoders.laws import check, sample_images

Parameters = dict[str, Any]


def peer(name: str, **parameters: object) -> Encoder:
    pytest.importorskip(registry.library_of(name), reason="extra `peers` is not installed")
    return create(name, **parameters)


def train(name: str, images: Tensor, timesteps: int, **parameters: object) -> Tensor:
    return peer(name, **parameters).encode(images, timesteps, 1)


def grid(levels: int) -> Tensor:
    """Grey levels of an 8-bit picture as one image in [-1, 1]."""
    return (torch.linspace(0, 255, levels).round() / 127.5 - 1).view(1, 1, 1, -1)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [*((name, {}) for name in registry.PEERS), ("snntorch-latency", {"linear": False}), ("norse-lif", {"gain": 2.0})],
)
def test_adapters_keep_every_law(name: str, parameters: Parameters) -> None:
    assert [f for f in check(peer(name, **parameters), sample_images(size=8), timesteps=8) if f.passed is False] == []


@pytest.mark.parametrize("name", ["spikingjelly-latency", "snntorch-latency"])
def test_the_same_code_gives_the_same_train(name: str) -> None:
    images = grid(256)[..., 3:]  # snnTorch lets everything below 0.01 fire as 0.01 does
    expected = create("latency").encode(images, 16, 0)
    differs = (train(name, images, 16) != expected).any(dim=0).flatten()
    # Halves may be rounded to either side: 15·(1 − p) is computed in another order.
    ties = (15 * (1 - (images.flatten() + 1) / 2) % 1 - 0.5).abs() < 1e-4
    assert not (differs & ~ties).any()


@pytest.mark.parametrize(
    ("name", "parameters", "ours"),
    [
        *((name, {}, {}) for name in ("snntorch-rate", "spikingjelly-poisson")),
        ("norse-poisson", {"rate": 0.5}, {"rate": 0.5}),
        ("norse-signed-poisson", {}, {"signed": True}),
    ],
)
def test_random_codes_agree_in_distribution(name: str, parameters: Parameters, ours: Parameters) -> None:
    images = grid(5).expand(40, 1, 25, -1)
    ours_at = create("poisson", **ours).encode(images, 16, 2)
    theirs, expected = (s.mean(dim=(0, 1, 2, 3)) for s in (train(name, images, 16, **parameters), ours_at))
    # 16,000 draws a level: five standard errors of a difference are 0.03.
    assert (theirs - expected).abs().max() < 0.03
    assert theirs[-1] == pytest.approx(parameters.get("rate", 1.0), abs=0.02)


def test_spikingjellys_phase_is_ours_without_the_weights() -> None:
    images = grid(256)
    weights = 2.0 ** -(1 + torch.arange(11) % 8).view(-1, 1, 1, 1, 1)
    weighted = train("spikingjelly-phase", images, 11) * weights
    assert torch.equal(weighted, create("phase").encode(images, 11, 0))


def test_norses_neuron_worked_by_hand() -> None:
    # White at gain 5: v = 0.1·5 = 0.5, then 0.5 + 0.1·4.5 = 0.95, then 0.95 + 0.1·4.05 > 1 fires, and again.
    white = torch.ones(1, 1, 1, 1)
    assert train("norse-lif", white, 6).flatten().tolist() == [0, 0, 1, 0, 0, 1]
    assert train("norse-latency-lif", white, 6).flatten().tolist() == [0, 0, 1, 0, 0, 0]


def test_snntorchs_logarithmic_code_depends_on_batch_mates() -> None:
    grey, dark = torch.full((1, 1, 1, 2), 0.2), torch.full((1, 1, 1, 2), -0.97)
    alone = train("snntorch-latency", grey, 16, linear=False)[:, 0]
    beside = train("snntorch-latency", torch.cat([grey, dark]), 16, linear=False)[:, 0]
    assert not torch.equal(alone, beside)


def test_a_missing_library_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "snntorch", None)
    monkeypatch.delitem(sys.modules, "encoders.peers.snntorch", raising=False)
    with pytest.raises(EncoderError, match=r"needs snntorch: .*pip install"):
        create("snntorch-rate")
