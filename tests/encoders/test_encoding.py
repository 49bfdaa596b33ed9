"""One call for every encoder: ids and dtype go to those that take them, the others are cast."""

# ruff: noqa: ARG002 - this encoder keeps the protocol's arguments, used or not

import pytest
import torch
from torch import Generator, Tensor

from encoders import create, registry
from encoders.dct import Dct
from encoders.encoding import Batch, encode
from tests.encoders.sound import Sign


def pictures() -> Tensor:
    return torch.rand(3, 3, 16, 16, generator=Generator().manual_seed(3)) * 2 - 1


class Short(Sign):
    """A plug-in written before encoders had ids."""

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:  # type: ignore[override]
        return images.sign().expand(timesteps, *images.shape)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", registry.BUILTIN)
def test_a_train_in_another_dtype_is_the_float32_train_cast(name: str, dtype: torch.dtype) -> None:
    encoder = Dct(thresholds=(-0.2, 0.2)) if name == "dct" else create(name)
    train = encode(encoder, Batch(pictures()), 19, Generator(), dtype=dtype)
    assert train.dtype == dtype
    assert torch.equal(train, encode(encoder, Batch(pictures()), 19, Generator()).to(dtype))


@pytest.mark.parametrize(("name", "exact"), [("phase", True), ("burst", True), ("ttfs", False), ("direct", False)])
def test_powers_of_two_are_exact_in_bfloat16(name: str, exact: bool) -> None:
    narrow = encode(create(name), Batch(pictures()), 40, Generator(), dtype=torch.bfloat16).float()
    assert torch.equal(narrow, encode(create(name), Batch(pictures()), 40, Generator())) is exact


@pytest.mark.parametrize("plug_in", [Sign(), Short()])
def test_a_plug_in_that_knows_no_dtype_is_cast(plug_in: Sign) -> None:
    train = encode(plug_in, Batch(pictures(), torch.arange(3)), 4, Generator(), torch.bfloat16)
    assert torch.equal(train, pictures().sign().to(torch.bfloat16).expand(4, -1, -1, -1, -1))


def test_ids_are_passed_on() -> None:
    images, ids = torch.zeros(3, 1, 8, 8), torch.tensor([5, 1, 9])
    direct = create("poisson").encode(images, 6, Generator().manual_seed(1), ids)
    assert torch.equal(encode(create("poisson"), Batch(images, ids), 6, Generator().manual_seed(1)), direct)


@pytest.mark.parametrize("name", registry.BUILTIN)
def test_images_laid_out_otherwise_give_the_same_train(name: str) -> None:
    encoder = Dct(thresholds=(-0.2, 0.2)) if name == "dct" else create(name)
    strided = pictures().contiguous(memory_format=torch.channels_last)
    assert torch.equal(
        encode(encoder, Batch(strided), 8, Generator()), encode(encoder, Batch(pictures()), 8, Generator())
    )
