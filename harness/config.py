"""What a cell is, as frozen data: everything that decides what is computed, and nothing else.

A `CellConfig` is what a record stores and a fingerprint covers; `harness.catalogue.experiment` says from which arm,
profile and seed one comes. Bounds of fields are checked by `checked`, and where a record is read. Imports no torch.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, UnsetType

from harness.errors import HarnessError

Reading = Literal["equation", "algorithm", "released-code"]
Clock = Literal["synchronous", "layer-delay"]
Precision = Literal["fp32", "bf16"]
Initialisation = Literal["xavier", "fan-in", "he"]
AnnSchedule = Literal["steps", "cosine", "one-cycle"]
ProfileName = Literal["smoke", "lite", "short", "paper"]
Whole = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Parameter = bool | Whole | float | str | tuple[Whole, ...] | None

LARGEST = 2**31 - 1  # integers of a frame are 64 bits wide; no seed, count or number of steps of ours comes near 31
MOST_TIMESTEPS = 10_000
Natural = Annotated[int, Meta(ge=0, le=LARGEST)]
Count = Annotated[int, Meta(ge=1, le=LARGEST)]
Timesteps = Annotated[int, Meta(ge=1, le=MOST_TIMESTEPS)]
Share = Annotated[float, Meta(ge=0, le=1)]
Dropout = Annotated[float, Meta(ge=0, lt=1)]
Amount = Annotated[float, Meta(ge=0, le=3e38)]  # fp32 holds it
Name = Annotated[str, Meta(pattern=r"^[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]*\Z", max_length=200)]
"""The name of a folder: no path, not hidden, no control character."""

PROFILES: tuple[ProfileName, ...] = ("smoke", "lite", "short", "paper")

ABSENT: Any = msgspec.UNSET
"""The value of a field that a configuration does not have. It is false, and neither written nor in a digest."""


Layer = Annotated[str, Meta(pattern=r"^([ADG]|R[1-9][0-9]{0,5}(/2)?)\Z")]
"""A layer other than a 3×3 convolution: see `NetworkSpec`."""


@dataclass(frozen=True)
class EncoderSpec:
    """A registered encoder's name and its constructor parameters (JSON values)."""

    name: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True)
class MethodSpec:
    """A registered method's name and its constructor parameters (JSON values): how a cell is computed."""

    name: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True)
class NetworkSpec:
    """A feed-forward network in the paper's notation.

    `features`: numbers are 3×3 convolutions with that many channels, "A" is average-pool 2, "D" dropout. Fine-tuning
    takes each of the two at most once after a convolution.
    `hidden`: widths of the hidden linear layers; the output layer has one unit a class.
    For a method that takes them (`harness.snn.layers`): "R16" is a residual block of two 3×3 convolutions with 16
    channels, "R32/2" one that halves the map, "G" the mean over the map. `norm`: batch norm after each convolution.
    `bias`: layers without batch norm have one.
    """

    name: str
    features: tuple[Count | Layer, ...] = ()
    hidden: tuple[Count, ...] = ()
    norm: Literal["batch"] | UnsetType = ABSENT
    bias: bool | UnsetType = ABSENT


@dataclass(frozen=True)
class NeuronSpec:
    """The leaky integrate-and-fire neuron: where the sources disagree, the choice is explicit.

    `leak` is the paper's λ (§2.2), `surrogate_height` its γ (eq. 11). `surrogate_scale`: the derivative of a spike is
    that of eq. 11 ("eq11"), or that divided by the threshold, since the released code differentiates u/θ − 1
    ("released"). `reset`: θ is subtracted from the membrane at a spike ("subtract", eq. 2), or the membrane keeps all
    that it has and fires again while it stands above θ ("none").
    """

    reading: Reading = "equation"
    clock: Clock = "synchronous"
    leak: Share = 0.9901
    surrogate_height: Amount = 0.3
    surrogate_scale: Literal["eq11", "released"] = "eq11"
    reset: Literal["subtract", "none"] = "subtract"


@dataclass(frozen=True)
class Balancing:
    """Threshold balancing (§1.3): the percentile, and how many training images it is measured on.

    `method`: the percentile over all timesteps ("pooled"), or the largest of each timestep's own percentiles, as in the
    released code ("per-step").
    """

    percentile: Annotated[float, Meta(ge=0, le=100)] = 99.9
    images: Count = 2048
    method: Literal["pooled", "per-step"] = "pooled"


@dataclass(frozen=True)
class Augmentation:
    """Zero-pad by `pad` and crop back at random; mirror with probability one half if `flip` (§2.2).

    For a method that takes them: `policy`, AutoAugment's for that data set (Cubuk et al. 2019), and `cutout`, the side
    of a square at random that is set to the mean (DeVries & Taylor 2017).
    """

    pad: Annotated[int, Meta(ge=0, le=1000)] = 0
    flip: bool = False
    policy: Literal["cifar10"] | UnsetType = ABSENT
    cutout: Count | UnsetType = ABSENT


@dataclass(frozen=True)
class AnnRecipe:
    """Pre-training of the ANN by SGD with momentum.

    `schedule` of the learning rate: "steps" multiplies it by `decay_factor` every `decay_every` epochs (the paper
    divides it by 10, §2.2; the released code multiplies it by 0.001). "cosine" lets it rise linearly from 0 during
    the fraction `warm_up` of all steps, and fall to 0 along half a cosine. "one-cycle" rises from a 25th along half a
    cosine during `warm_up`, above 0 (Smith & Topin 2018). `initialisation` of the weights: "xavier" (§2.2, uniform);
    normal with variance 1/fan_in ("fan-in", the released code), or 2/fan_in ("he", He et al. 2015).
    `optimiser`: for a method that takes it, "adam" in place of SGD.
    """

    epochs: Natural
    batch_size: Count
    learning_rate: Amount
    decay_every: Count
    momentum: Share = 0.9
    weight_decay: Amount = 1e-4
    dropout: Dropout = 0.2
    classifier_dropout: Dropout = 0.5
    augmentation: Augmentation = Augmentation()
    decay_factor: Amount = 0.1
    initialisation: Initialisation = "xavier"
    schedule: AnnSchedule = "steps"
    warm_up: Share = 0.0
    nesterov: bool = False
    optimiser: Literal["adam"] | UnsetType = ABSENT


@dataclass(frozen=True)
class SnnRecipe:
    """Fine-tuning of the SNN by Adam through time; the learning rate is halved every `halve_every` epochs.

    `loss_input`: cross-entropy on the accumulated output U_T ("sum", eq. 5–6) or on U_T / T ("mean").
    `images`: fine-tune on a stratified subset of that many training images (None: on all of them).
    `readings`: fractions of fine-tuning after which the test set is read on the way, or a stratified sample of
    `reading_images` of it; they change nothing else.
    """

    epochs: Natural
    batch_size: Count
    learning_rate: Amount = 1e-4
    halve_every: Count = 5
    weight_decay: Amount = 5e-4
    dropout: Dropout = 0.2
    loss_input: Literal["sum", "mean"] = "sum"
    images: Count | None = None
    augmentation: Augmentation = Augmentation()
    readings: tuple[Share, ...] = ()
    reading_images: Count | None = None


@dataclass(frozen=True, kw_only=True)
class CellConfig:
    """One arm with one seed, fully resolved: the unit of work. Images: None means all.

    `method`: absent, the cell is computed by `harness.training.cell`: ANN, threshold balancing, fine-tuning of LIF
    neurons. `neuron`, `balancing`, `ann`, `snn`: absent where the method does not have them.
    `evaluations`: the trained network is tested once more under each, such as "noise(strength=0.5)": see
    `harness.runs.evaluations`.
    `products`: convolutions of spikes are dense products, or each layer takes the cheaper of a dense product and one
    of its events alone, by its activity on the balancing images (`harness.snn.kernels.events`).
    """

    experiment: Name
    profile: ProfileName
    arm: Name
    seed: Natural
    dataset: str
    encoder: EncoderSpec
    timesteps: Timesteps
    network: NetworkSpec
    method: MethodSpec | UnsetType = ABSENT
    neuron: NeuronSpec = ABSENT
    balancing: Balancing = ABSENT
    ann: AnnRecipe = ABSENT
    snn: SnnRecipe = ABSENT
    train_images: Count | None
    test_images: Count | None
    precision: Precision = "fp32"
    products: Literal["dense", "by-activity"] = "dense"
    evaluations: tuple[str, ...] | UnsetType = ABSENT


def canonical_json(data: Any) -> bytes:
    """`data` as JSON with sorted keys: equal data give equal bytes."""
    return msgspec.json.encode(data, order="sorted")


def checked(config: CellConfig) -> CellConfig:
    """`config` as its record will hold it: a whole number in a field of floats is a float, a list a tuple.

    Raises HarnessError for a value of another type or out of bounds, with its field.
    """
    try:
        found = msgspec.json.decode(canonical_json(config), type=CellConfig)
    except (TypeError, OverflowError, msgspec.MsgspecError) as error:
        raise HarnessError(
            f"{config.experiment}, arm {config.arm}: {refusal(error)}", "correct the experiment"
        ) from None
    if not found.method and (wrong := _beyond_fine_tuning(found)):
        raise HarnessError(f"{config.experiment}, arm {config.arm}: {wrong}", "name a method that takes it")
    if found.ann and (wrong := _in_vain(found.ann)):
        raise HarnessError(f"{config.experiment}, arm {config.arm}: {wrong}", "leave it out")
    return found


def _in_vain(recipe: AnnRecipe) -> str:
    """A setting of the recipe that would have no effect, in words; "" if there is none."""
    if recipe.schedule == "steps" and recipe.warm_up:
        return "ann.warm_up: the schedule 'steps' has none"
    return "ann.nesterov: Adam has none" if recipe.optimiser and recipe.nesterov else ""


ONCE_EACH = re.compile(r"(#(AD?|DA?)?)*")  # each # is a convolution


def _beyond_fine_tuning(config: CellConfig) -> str:
    """What fine-tuning (`harness.training.cell`) needs and lacks here, or would silently ignore; "" if nothing."""
    absent = [name for name in ("neuron", "balancing", "ann", "snn") if not getattr(config, name)]
    if absent:
        return f"no {absent[0]}, which fine-tuning needs"
    network, trained_by = config.network, (config.ann.augmentation, config.snn.augmentation)
    unknown = [token for token in network.features if isinstance(token, str) and token not in ("A", "D")]
    letters = "".join("#" if isinstance(token, int) else token for token in network.features)
    further = {
        f"layer '{unknown[0]}'" if unknown else "": bool(unknown),
        "A or D before the first convolution, or twice after one": not ONCE_EACH.fullmatch(letters),
        "batch norm": bool(network.norm),
        "a bias": bool(network.bias),
        "AutoAugment": any(bool(one.policy) for one in trained_by),
        "Cutout": any(bool(one.cutout) for one in trained_by),
        "Adam for the ANN": bool(config.ann.optimiser),
    }
    return next((f"fine-tuning has no {name}" for name, asked in further.items() if asked), "")


def refusal(error: Exception) -> str:
    """What msgspec does not take, as "snn.dropout: expected `float` < 1"."""
    said, at, place = str(error).partition(" - at `$.")
    if "matching regex" in said and "features" in place:
        said = "Not a layer: use numbers, A, D, G, R16, R32/2"
    elif "matching regex" in said:
        said = "Not a name that a folder may have, or not one line of text"
    return f"{place.rstrip('`')}: {said[:1].lower()}{said[1:]}" if at else said
