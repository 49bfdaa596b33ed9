"""The paper's experiments as data: arms × profiles, in the order in which a newcomer would meet them.

A constant is named like its experiment: `ABLATION_INTERLEAVED` is ablation-interleaved. To add an experiment, write it
below those that it builds on and list it in `EXPERIMENTS` at the end. Arms that several experiments share are spelled
alike, parameter by parameter: a record belongs to a recipe, and serves each of them.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from encoders.registry import BUILTIN
from harness.catalogue import NOT_IN_PAPER, Arm, Experiment, Profile
from harness.config import Augmentation, EncoderSpec, Parameter
from harness.papers.dct_snn import recipe


def dct(**parameters: Parameter) -> EncoderSpec:
    """The DCT code with these parameters; the others have their defaults."""
    return EncoderSpec("dct", parameters)


def _arm(name: str, encoder: EncoderSpec, timesteps: int, title: str, **further: Any) -> Arm:
    """An arm whose title ends with its number of steps."""
    return Arm(name, encoder, timesteps, f"{title}, T = {timesteps}", **further)


_control = partial(_arm, in_paper=False)


def _first(name: str, count: int, timesteps: int, schedule: str = "cyclic") -> Arm:
    """An arm with the first `count` of 16 frequencies; a cycle over fewer than all is spelled truncated."""
    title = f"DCT, {schedule}"
    if count == 16:
        return _arm(name, dct(schedule=schedule), timesteps, title)
    spelled = "truncated" if schedule == "cyclic" else schedule
    return _arm(name, dct(schedule=spelled, frequencies=count), timesteps, f"{title}, first {count}")


def codes(timesteps: int) -> tuple[Arm, ...]:
    """An arm for each built-in code, all with as many timesteps. DCT is the paper's, the others are controls."""
    return tuple(
        _arm(code, EncoderSpec(code), timesteps, encoder.title, in_paper=code == "dct")
        for code, encoder in BUILTIN.items()
    )


POISSON, DIRECT = EncoderSpec("poisson"), EncoderSpec("direct")
_SIGNED = EncoderSpec("poisson", {"signed": True})
on_mnist = partial(Experiment, dataset="mnist", published=recipe.PUBLISHED_MNIST)
# The paper's network for CIFAR-10 in §6, which our small networks replace.
on_cifar10 = partial(Experiment, dataset="cifar10", published=recipe.published_vgg("vgg9"))

# ## A first run

QUICKSTART = Experiment(
    name="quickstart",
    title="Handwritten 8×8 digits in under a minute",
    source=NOT_IN_PAPER,
    dataset="digits",
    arms=(
        _control("cyclic-16", dct(), 16, "DCT, cyclic"),
        _control("poisson-16", POISSON, 16, "Poisson rate"),
        _control("direct-16", DIRECT, 16, "direct input (analog)"),
    ),
    profiles=(recipe.DIGITS_SMOKE, recipe.DIGITS_LITE),
)

# ## MNIST: Table 1, and the codes beside it


def _as_printed(batch: int, epochs: int = 0, augmented: Augmentation | None = None) -> Arm:
    """`epochs`: of the ANN, where not the default's; the epochs between decays of its rate are multiplied alike.

    `augmented`: how both trainings are; None leaves the ANN its own shift, and fine-tuning without one.
    """
    ann, changes = recipe.MNIST_PAPER.ann, recipe.printed_fine_tuning(batch)
    name, how, length = f"cyclic-16-as-printed-b{batch}", "no crops or flips", ""
    if epochs:
        changes |= {"ann.epochs": epochs, "ann.decay_every": ann.decay_every * epochs // ann.epochs}
        name, length = f"{name}-ann{epochs}", f", ANN of {epochs} epochs"
    if augmented is not None:
        changes |= {"ann.augmentation": augmented, "snn.augmentation": augmented}
        name, how = f"{name}-crop{'-flip' * augmented.flip}", f"crops{' and flips' * augmented.flip}"
    return _arm(
        name,
        dct(),
        16,
        f"DCT, printed, {how}, batch {batch}{length}",
        changes=changes,
        deviations=("ANN: the one chosen on validation, since the printed learning rate fails on MNIST",),
    )


# Table 1 has 16, 5 and 2 steps. The fine-tuning is the one chosen on validation, and once as printed but for crops and
# flips, with the batch size of the released code and with that of the ANN. The controls are ours.
MNIST_784_100_10 = on_mnist(
    "mnist-784-100-10",
    "MNIST, one hidden layer of 100 neurons",
    "Table 1, §5.1",
    arms=tuple(
        map(
            recipe.with_mnist_rate,
            (
                _arm("cyclic-16", dct(), 16, "DCT, cyclic"),
                *map(_as_printed, (16, 128)),
                _arm("cyclic-5", dct(), 5, "DCT, cyclic"),
                _arm("cyclic-2", dct(), 2, "DCT, cyclic"),
                _control("poisson-16", POISSON, 16, "Poisson rate"),
                _control("poisson-signed-16", _SIGNED, 16, "Poisson rate with signs"),
                _control("poisson-100", POISSON, 100, "Poisson rate"),
                _control("direct-16", DIRECT, 16, "direct input (analog)"),
            ),
        )
    ),
    profiles=(recipe.MNIST_SMOKE, recipe.MNIST_PAPER),
)

# Does the description suffice? The paper trains the VGGs' ANNs for 300 epochs, ours for MNIST has 40. It crops and
# flips images of all data sets (§2.2), which is not plausible for digits: once with both, and once with crops alone.
MNIST_AS_PRINTED = on_mnist(
    "mnist-as-printed",
    "MNIST, fine-tuned as printed",
    "Table 1, §2.2",
    arms=(
        *(_as_printed(batch, epochs) for batch in (16, 128) for epochs in (0, 80, 160)),
        *(_as_printed(batch, 160, Augmentation(pad=4)) for batch in (16, 128)),
        _as_printed(128, 160, Augmentation(pad=4, flip=True)),
    ),
    profiles=MNIST_784_100_10.profiles,
)

# The network and recipe of Table 1 for every code.
MNIST_ENCODERS = on_mnist(
    "mnist-encoders",
    "Encoders on MNIST, 16 steps",
    "Table 1 for DCT; not in the paper",
    arms=tuple(map(recipe.with_mnist_rate, codes(16))),
    profiles=(recipe.MNIST_SMOKE, recipe.MNIST_PAPER),
)

_FEW_IMAGES = replace(recipe.MNIST_SMOKE, train_images=512, test_images=200)
# Trained at each T, not one long training read early.
LATENCY_STEPS = (2, 4, 5, 8, 16)
LATENCY_MNIST = on_mnist(
    "latency-mnist",
    "Encoders on MNIST, 2 to 16 steps",
    NOT_IN_PAPER,
    arms=tuple(
        recipe.with_mnist_rate(replace(code, name=f"{code.name}-{timesteps}"))
        for timesteps in LATENCY_STEPS
        for code in codes(timesteps)
    ),
    profiles=(_FEW_IMAGES, recipe.MNIST_PAPER),
)

# Codes that convey different frames have different ANNs. Here all convey p and share one.
MNIST_ONE_ANN = on_mnist(
    "mnist-one-ann",
    "Codes of p with one ANN, MNIST",
    NOT_IN_PAPER,
    arms=tuple(
        recipe.with_mnist_rate(_control(f"{name}-{timesteps}", encoder, timesteps, title), recipe.MNIST_P_RATES)
        for timesteps in LATENCY_STEPS
        for name, encoder, title in (
            ("dct-p", dct(signal="p"), "DCT on p"),
            *((code, EncoderSpec(code), encoder.title) for code, encoder in BUILTIN.items() if encoder.conveys == "p"),
        )
    ),
    profiles=(_FEW_IMAGES, recipe.MNIST_ON_P),
)

# ## Where the paper's sources disagree: one choice changed at a time

# All that the released code decides about neurons, balancing, loss and the training of the ANN.
RELEASED: Mapping[str, Any] = {
    "neuron.reading": "released-code",
    "neuron.surrogate_scale": "released",
    "balancing.images": 512,
    "balancing.method": "per-step",
    "snn.loss_input": "mean",
    "ann.decay_factor": 0.001,
    "ann.initialisation": "fan-in",
}

# name, what it reads differently, encoder, changes to the default cell
_BATCH = dct(threshold_scope="batch")
_READINGS_ON_MNIST: tuple[tuple[str, str, EncoderSpec, Mapping[str, Any]], ...] = (
    # eq. 2, synchronous, U_T, thresholds fitted once
    ("default", "DCT, cyclic", dct(), {}),
    ("algorithm", "leak as in Algorithm 1: only without a spike", dct(), {"neuron.reading": "algorithm"}),
    ("delay", "one step of delay a layer", dct(), {"neuron.clock": "layer-delay"}),
    ("batch-code", "encoder thresholds recomputed on every batch", _BATCH, {}),
    ("one-batch", "thresholds balanced on 512 images", dct(), {"balancing.images": 512}),
    ("maximum", "thresholds balanced at the maximum (§1.3)", dct(), {"balancing.percentile": 100.0}),
    ("per-step", "thresholds at the largest step's percentile", dct(), {"balancing.method": "per-step"}),
    ("surrogate", "surrogate divided by θ", dct(), {"neuron.surrogate_scale": "released"}),
    ("mean-loss", "cross-entropy on U_T / T", dct(), {"snn.loss_input": "mean"}),
    (
        "released",
        "the released code's choices, printed rates, no crops or flips",
        _BATCH,
        {**RELEASED, **recipe.printed_fine_tuning(16)},
    ),
)
# All readings are fine-tuned at the profile's rate: only differences between readings are asked for.
SENSITIVITY_READINGS = on_mnist(
    "sensitivity-readings",
    "Which reading of the paper gives its numbers?",
    "eq. 2, Algorithm 1, released code; Table 1",
    arms=tuple(
        _arm(f"{name}-{timesteps}", encoder, timesteps, title, changes=changes)
        for name, title, encoder, changes in _READINGS_ON_MNIST
        for timesteps in (16, 5, 2)
    ),
    profiles=(
        replace(recipe.MNIST_SMOKE, test_images=200),
        # A claim compares these two (§1.3); of the other readings only large differences are asked for.
        replace(recipe.MNIST_PAPER, seeds=2, seeds_by_arm={"default-16": 5, "maximum-16": 5}),
    ),
)


# name, what it reads differently, encoder, changes to the default cell
_YCBCR = dct(schedule="cyclic", colour="ycbcr")
_READINGS_ON_CIFAR10: tuple[tuple[str, str, EncoderSpec, Mapping[str, Any]], ...] = (
    # eq. 2, synchronous, U_T / T, YCbCr centred
    ("default", "DCT, cyclic", _YCBCR, {}),
    ("algorithm", "leak as in Algorithm 1: only without a spike", _YCBCR, {"neuron.reading": "algorithm"}),
    ("delay", "one step of delay a layer", _YCBCR, {"neuron.clock": "layer-delay"}),
    ("maximum", "thresholds balanced at the maximum (§1.3)", _YCBCR, {"balancing.percentile": 100.0}),
    ("rgb", "DCT, cyclic, on RGB", dct(schedule="cyclic", colour="rgb"), {}),
    ("rgb-frames", "the ANN sees RGB, the code YCbCr", dct(schedule="cyclic", colour="ycbcr", frames="rgb"), {}),
    ("chroma", "DCT, cyclic, on YCbCr off centre, as released", dct(schedule="cyclic", colour="ycbcr-released"), {}),
    (
        "released",
        "the released code's choices",
        dct(colour="ycbcr-released", threshold_scope="batch", frames="rgb"),
        RELEASED,
    ),
)
SENSITIVITY_READINGS_CIFAR10 = on_cifar10(
    "sensitivity-readings-cifar10",
    "Which reading matters in a deep network? CIFAR-10",
    "§1.3, eq. 2, Algorithm 1, released code",
    arms=tuple(
        _arm(name, encoder, 48, title, changes=changes) for name, title, encoder, changes in _READINGS_ON_CIFAR10
    ),
    # The arms decide the colour.
    profiles=tuple(
        replace(profile, encoder={"dct": {"stride": 4}}) for profile in (recipe.SMOKE, replace(recipe.LITE, seeds=3))
    ),
)

# ## The schedule (§6)


def _without_reset(name: str, where: str, code: Mapping[str, Parameter], layers: Mapping[str, Any]) -> list[Arm]:
    """Both schedules without reset: `where` in words, by parameters of the code and changes of the layers."""
    return [
        _control(
            f"{schedule}-16x3-{name}",
            dct(schedule=schedule, **code),
            48,
            f"DCT, {schedule}, no reset in {where}",
            changes=layers,
        )
        for schedule in ("cyclic", "interleaved")
    ]


_OWN_NETWORK = (recipe.SMOKE, recipe.LITE, recipe.SHORT, recipe.paper(recipe.VGG9))
# Does the order matter because the encoder resets (§6)? The code without reset, the network unchanged.
_CODE_UNRESET: Mapping[str, Parameter] = {"reset": "none"}
_NO_RESET_IN_CODE = _without_reset("no-reset", "the code", _CODE_UNRESET, {})
ABLATION_INTERLEAVED = on_cifar10(
    "ablation-interleaved",
    "Cyclic against interleaved frequencies",
    "§6, §3",
    arms=(
        *(
            _first(f"{schedule}-{count}x3", count, 3 * count, schedule)
            for count in (16, 8)
            for schedule in ("cyclic", "interleaved")
        ),
        *_NO_RESET_IN_CODE,
    ),
    profiles=_OWN_NETWORK,
)

# All 16 frequencies, the first 8, and about every other one, each at 48 steps.
_EVERY_OTHER = dct(schedule="intermittent", indices=(0, 2, 5, 7, 9, 10, 12, 15))
ABLATION_INTERMITTENT = on_cifar10(
    "ablation-intermittent",
    "All, first and intermittent frequencies at 48 steps",
    "§6",
    arms=(
        ABLATION_INTERLEAVED.arm("cyclic-16x3"),
        _first("truncated-8x6", 8, 48),
        _arm("intermittent-8x6", _EVERY_OTHER, 48, "DCT, intermittent 8"),
    ),
    profiles=_OWN_NETWORK,
)

# The orderings of §6 again, each schedule with a fine-tuning rate of its own in place of cyclic's.
ABLATION_OWN_RATES = on_cifar10(
    "ablation-own-rates",
    "The schedules of §6, each at its own learning rate",
    "§6",
    arms=(
        ABLATION_INTERLEAVED.arm("cyclic-16x3"),
        *(
            replace(arm, changes={"snn.learning_rate": recipe.SCHEDULE_RATES[arm.name]})
            for arm in (*ABLATION_INTERLEAVED.arms, *ABLATION_INTERMITTENT.arms)
            if arm.name in recipe.SCHEDULE_RATES
        ),
    ),
    profiles=(
        recipe.SMOKE,
        replace(
            recipe.LITE,
            deviations=(
                *recipe.LITE.deviations,
                "the rate of each schedule is chosen on a validation split of CIFAR-10",
            ),
        ),
    ),
)

# Why does the order matter (§6)? Without the reset in the LIF layers, and without any; and other orders of the cycle.
_LAYERS_UNRESET = {"neuron.reset": "none"}
_ALL_FREQUENCIES = tuple(range(16))
RANDOM_ORDER = (12, 15, 6, 0, 4, 8, 7, 13, 11, 3, 2, 9, 1, 5, 14, 10)  # random.Random(0).sample(range(16), 16)
ABLATION_MECHANISMS = on_cifar10(
    "ablation-mechanisms",
    "Why does the order of frequencies matter?",
    "§6",
    arms=(
        *map(ABLATION_INTERLEAVED.arm, ("cyclic-16x3", "interleaved-16x3")),
        *_NO_RESET_IN_CODE,
        *_without_reset("no-reset-layers", "the layers", {}, _LAYERS_UNRESET),
        *_without_reset("no-reset-anywhere", "code and layers", _CODE_UNRESET, _LAYERS_UNRESET),
        *(
            _control(f"{name}-16x3", dct(schedule="explicit", indices=indices), 48, f"DCT, cyclic, {name} order")
            for name, indices in (("reversed", _ALL_FREQUENCIES[::-1]), ("random", RANDOM_ORDER))
        ),
        SENSITIVITY_READINGS_CIFAR10.arm("maximum"),
    ),
    profiles=(recipe.SMOKE, recipe.LITE),
)

# Interleaved costs accuracy: does training make up for it? Read after fractions of fine-tuning; the counts after
# balancing and at the end are in every record. The second of two arms with one T is compared with the first, so that
# differences are cyclic − interleaved.
READ_AFTER = (0.125, 0.5)
ABLATION_TRAINING = on_cifar10(
    "ablation-training",
    "What training does to the ordering",
    NOT_IN_PAPER,
    arms=tuple(map(ABLATION_INTERLEAVED.arm, ("interleaved-16x3", "cyclic-16x3", "interleaved-8x3", "cyclic-8x3"))),
    profiles=(
        # All 256 images, so that the two readings are at different batches.
        replace(recipe.SMOKE, snn=replace(recipe.SMOKE.snn, images=None, readings=READ_AFTER)),
        replace(
            recipe.LITE,
            snn=replace(recipe.LITE.snn, images=None, epochs=1, readings=READ_AFTER),
            seeds=3,
            deviations=(
                *recipe.LITE.deviations,
                "fine-tuning rate and loss are those of ablation-interleaved at lite, which fine-tunes on fewer images",
            ),
        ),
    ),
)

# Does still more training close the gap, to interleaved and to the ANN? Four epochs, read after each; one seed, for
# time.
ABLATION_LONGER = replace(
    ABLATION_TRAINING,
    name="ablation-longer",
    title="Does more training close the gap?",
    arms=ABLATION_TRAINING.arms[:2],
    profiles=tuple(
        replace(profile, snn=replace(profile.snn, epochs=4, readings=(0.25, 0.5, 0.75)), seeds=1)
        for profile in ABLATION_TRAINING.profiles
    ),
)

# And does a better ANN, with the rates that were best for each schedule at lite? One seed, for time.
ABLATION_ANN = replace(
    ABLATION_TRAINING,
    name="ablation-ann",
    title="Does a better ANN close the gap?",
    arms=tuple(ABLATION_OWN_RATES.arm(arm.name) for arm in ABLATION_TRAINING.arms),
    profiles=(
        # With the choices of the long one, and as wide as products of events need it.
        replace(
            recipe.SMOKE,
            network=replace(recipe.SMOKE.network, name="vgg5-smoke-wide", features=(64, "A", 64, "D", 64, "A")),
            ann=replace(recipe.BETTER_ANN.ann, epochs=1, batch_size=32),
            snn=replace(recipe.SMOKE.snn, readings=(0.5, 0.75), reading_images=32),
            changes=recipe.BETTER_ANN.changes,
        ),
        recipe.BETTER_ANN,
    ),
)

# The colour of the paper's text, and all choices of the released code. Differences are cyclic − interleaved here too.
_ON_RGB, _AS_RELEASED = map(SENSITIVITY_READINGS_CIFAR10.arm, ("rgb", "released"))
ABLATION_READINGS = on_cifar10(
    "ablation-readings",
    "Does the cost of interleaving depend on the reading?",
    NOT_IN_PAPER,
    arms=(
        _arm("interleaved-rgb", dct(schedule="interleaved", colour="rgb"), 48, "DCT, interleaved, on RGB"),
        replace(_ON_RGB, name="cyclic-rgb"),
        _arm(
            "interleaved-released",
            dct(**_AS_RELEASED.encoder.parameters, schedule="interleaved"),
            48,
            "interleaved, the released code's choices",
            changes=_AS_RELEASED.changes,
        ),
        replace(_AS_RELEASED, name="cyclic-released"),
    ),
    profiles=SENSITIVITY_READINGS_CIFAR10.profiles,
)


# Fig. 1 varies the number of frequencies at equal latency (48 steps); beside it, at equal cycles (3).
FREQUENCY_COUNTS = (1, 2, 4, 6, 8, 10, 12, 16)


ABLATION_FREQUENCIES = on_cifar10(
    "ablation-frequencies",
    "Training with the first frequencies only",
    "§3, Fig. 1",
    arms=(
        *(_first(f"latency48-{count}", count, 48) for count in FREQUENCY_COUNTS),
        *(_first(f"cycles3-{count}", count, 3 * count) for count in FREQUENCY_COUNTS if count < 16),
    ),
    profiles=(recipe.SMOKE, recipe.LITE, recipe.paper(recipe.VGG9)),
)

# ## Codes on CIFAR-10 (Fig. 2, left, on one network)


def _on_one_map(profile: Profile) -> Profile:
    """Every code sees the same 32×32 RGB map, so that all arms share the network's size."""
    same = (
        "map: the 32×32 RGB image for every code, DCT in tiling blocks too; the ANN is trained on what a code "
        "conveys: x in [-1, 1], or p = (x + 1)/2 for all but DCT and direct input, with the same recipe"
    )
    return replace(profile, encoder={}, deviations=(*profile.deviations, same))


CIFAR10_ENCODERS = Experiment(
    name="cifar10-encoders",
    title="Encoders on CIFAR-10, 48 steps",
    source="§5.2, Fig. 2",
    dataset="cifar10",
    arms=codes(48),
    profiles=(_on_one_map(recipe.SMOKE), _on_one_map(recipe.LITE_BY_CODE), _on_one_map(recipe.paper(recipe.VGG5))),
    published={
        path: stated for path, stated in recipe.published_vgg("vgg5").items() if path != "encoder.parameters.stride"
    },
)


def _chosen(name: str, encoder: EncoderSpec, title: str, timesteps: int) -> Arm:
    """A control at lite, with the loss of its code and what a search chose for it, if it is finished."""
    changes = {"snn.loss_input": recipe.LITE_RATES[encoder.name][1], **recipe.LITE_CHOSEN.get(name, {})}
    return _control(name, encoder, timesteps, title, changes=changes)


def _searched(name: str, title: str, what: str, arms: tuple[Arm, ...]) -> Experiment:
    """Controls on the map of `cifar10-encoders` that have searches of their own; `what` these choose."""
    chosen = [arm.name in recipe.LITE_CHOSEN for arm in arms]
    words = f"{what} are chosen on a validation split"
    if not any(chosen):
        words = f"no search has chosen {what} yet: every arm is marked as not tuned"
    elif not all(chosen):
        words += ", where their search has ended; the others are marked as not tuned"
    lite = replace(recipe.LITE, deviations=(words,))
    profiles = _on_one_map(recipe.SMOKE), _on_one_map(lite)
    return replace(CIFAR10_ENCODERS, name=name, title=title, source=NOT_IN_PAPER, arms=arms, profiles=profiles)


# Codes of x share one ANN here, and codes of p another.
CIFAR10_ONE_ANN = _searched(
    "cifar10-one-ann",
    "Codes with one ANN, CIFAR-10",
    "the rates of both ANNs and of each code",
    (
        _chosen("dct-x", dct(), "DCT", 48),
        _chosen("poisson-signed", _SIGNED, "Poisson rate with signs", 48),
        _chosen("dct-p", dct(signal="p"), "DCT on p", 48),
        _chosen("poisson", POISSON, "Poisson rate", 48),
    ),
)

# Trained at each T, as on MNIST. With few steps DCT has blocks of 2×2: one cycle of its four frequencies, or two.
_SMALL_BLOCKS = dct(block_size=2, stride=2)
LATENCY_CIFAR10 = _searched(
    "latency-cifar10",
    "Encoders on CIFAR-10, 4 to 16 steps",
    "the fine-tuning rates of each code at each T",
    tuple(
        replace(
            _chosen(f"{code}-{timesteps}", encoder, BUILTIN[code].title, timesteps),
            deviations=("blocks of 2×2 in place of 4×4, so that few steps hold whole cycles",)
            * (encoder is _SMALL_BLOCKS),
        )
        for timesteps, of_dct in ((4, _SMALL_BLOCKS), (8, _SMALL_BLOCKS), (16, dct()))
        for code, encoder in {
            "dct": of_dct,
            **{c: EncoderSpec(c) for c in ("poisson", "direct", "phase", "burst")},
        }.items()
    ),
)

# ## What the paper leaves open: does any schedule, block size or colour beat cyclic 4×4?

BEYOND_STEPS = (8, 16, 24, 48)
# Unequal repeats: the lower the frequency (the zig-zag's diagonal), the oftener; one cycle fills T exactly.
WEIGHTS: Mapping[int, tuple[int, ...]] = {
    8: (3, 2, 2, 1),
    16: (4, 3, 3, 2, 2, 2),
    24: (6, 4, 4, 2, 2, 2, 1, 1, 1, 1),
    48: (6, 5, 5, 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 1, 1),
}
# Learned from training images without labels: `choices dct-order`, selection/dct-order.json.
LEARNED_CIFAR10 = (0, 2, 1, 3, 4, 5, 7, 8, 9, 6, 11, 12, 10, 14, 13, 15)
LEARNED_MNIST = (0, 1, 2, 4, 5, 3, 7, 8, 9, 6, 11, 10, 12, 13, 14, 15)


Rival = tuple[str, str, Mapping[str, Parameter]]  # name, title, parameters of the DCT code


def _beyond(
    learned: tuple[int, ...], largest_block: int, shared: Mapping[str, Parameter], *further: Rival
) -> tuple[Arm, ...]:
    """Cyclic and its rivals at each T, with the parameters that all share. `largest_block` divides the image's side."""
    arms: list[Arm] = []
    for timesteps in BEYOND_STEPS:
        rivals: tuple[Rival, ...] = (
            ("cyclic", "DCT, cyclic", {}),
            ("energy", "DCT, by falling energy", {"order": "energy"}),
            ("learned", "DCT, order learned from the images", {"schedule": "explicit", "indices": learned}),
            ("weighted", "DCT, low frequencies oftener", {"schedule": "weighted", "weights": WEIGHTS[timesteps]}),
            *(
                (f"block{size}", f"DCT, cyclic, {size}×{size} blocks", {"block_size": size, "stride": size})
                for size in (2, largest_block)
            ),
            *further,
        )
        arms += [
            _arm(f"{name}-{timesteps}", dct(**{**shared, **parameters}), timesteps, title, in_paper=name == "cyclic")
            for name, title, parameters in rivals
        ]
    return tuple(arms)


# Blocks tile the image in every profile: all arms of a seed, but for other colours, share one map, one ANN and its
# weights.
_PAPER_VGG5 = recipe.paper(recipe.VGG5)
DCT_BEYOND = on_cifar10(
    "dct-beyond",
    "Does any schedule or colour beat cyclic? CIFAR-10",
    NOT_IN_PAPER,
    arms=_beyond(
        LEARNED_CIFAR10,
        8,
        {"schedule": "cyclic", "stride": 4, "colour": "ycbcr"},
        ("rgb", "DCT, cyclic, on RGB", {"colour": "rgb"}),
        ("chroma", "DCT, cyclic, on YCbCr off centre, as released", {"colour": "ycbcr-released"}),
    ),
    profiles=(
        replace(recipe.SMOKE, encoder={}),
        replace(recipe.LITE, encoder={}, seeds=3),
        replace(
            _PAPER_VGG5,
            encoder={},
            deviations=(*_PAPER_VGG5.deviations, "map: blocks tile the image in place of the overlapping blocks"),
        ),
    ),
)

# On MNIST the paper's whole recipe costs minutes. 8 does not divide 28, so that the largest block is 7×7.
DCT_BEYOND_MNIST = on_mnist(
    "dct-beyond-mnist",
    "Does any schedule beat cyclic? MNIST",
    NOT_IN_PAPER,
    arms=tuple(map(recipe.with_mnist_rate, _beyond(LEARNED_MNIST, 7, {}))),
    profiles=(replace(recipe.MNIST_SMOKE, test_images=200), recipe.MNIST_PAPER),
)

# Frequencies dropped at inference. The paper's MNIST networks are fed one cycle, in which dropping the last is merely
# stopping early; three cycles tell the two apart.
DROPPED = "encoder(frequencies=8, schedule=truncated)"
SETTLING = {"snn.readings": (0.5, 0.75)}  # where the rules ask whether a training has settled
MNIST_DROPPED = on_mnist(
    "mnist-dropped",
    "MNIST, frequencies dropped at inference",
    "abstract",
    arms=(
        recipe.with_mnist_rate(
            _arm(
                "cyclic-48",
                dct(),
                48,
                "DCT, cyclic",
                changes=SETTLING,
                deviations=("three cycles of all frequencies, where the paper's networks for MNIST have one",),
            )
        ),
    ),
    profiles=tuple(replace(profile, evaluations=(DROPPED,)) for profile in (recipe.MNIST_SMOKE, recipe.MNIST_PAPER)),
)
CIFAR10_DROPPED = on_cifar10(
    "cifar10-dropped",
    "CIFAR-10, frequencies dropped at inference",
    "abstract",
    arms=(replace(ABLATION_INTERLEAVED.arm("cyclic-16x3"), changes=SETTLING),),
    profiles=tuple(
        replace(profile, evaluations=(DROPPED,))
        # Four seeds at lite, for time: a cell takes three quarters of an hour on a core without AVX-512.
        for profile in (recipe.SMOKE, replace(recipe.LITE, seeds=4), recipe.paper(recipe.VGG9))
    ),
)

# ## The paper's own networks (Fig. 2, abstract)

CIFAR10_VGG9 = on_cifar10(
    "cifar10-vgg9",
    "VGG9 on CIFAR-10, 48 steps",
    "§6, Fig. 2",
    arms=(_arm("cyclic-48", dct(schedule="cyclic"), 48, "DCT, cyclic"),),
    profiles=_OWN_NETWORK,
)

CIFAR100_VGG11 = Experiment(
    name="cifar100-vgg11",
    title="VGG11 on CIFAR-100, 48 steps",
    source="§5.2, Fig. 2",
    dataset="cifar100",
    arms=(_arm("cyclic-48", dct(), 48, "DCT, cyclic"),),
    profiles=(recipe.SMOKE, replace(recipe.LITE, seeds=3), recipe.paper(recipe.VGG11)),
    published=recipe.published_vgg("vgg11"),
)

TINYIMAGENET_VGG13 = Experiment(
    name="tinyimagenet-vgg13",
    title="VGG13 on TinyImageNet, 125 steps",
    source="abstract",
    dataset="tinyimagenet",
    arms=(_arm("cyclic-125", dct(), 125, "DCT, cyclic"),),
    profiles=(recipe.SMOKE, recipe.LITE, recipe.paper(recipe.VGG13, learning_rate=0.01)),
    published=recipe.published_vgg("vgg13", 0.01),
)

EXPERIMENTS: tuple[Experiment, ...] = (
    QUICKSTART,
    MNIST_784_100_10,
    MNIST_AS_PRINTED,
    MNIST_ENCODERS,
    LATENCY_MNIST,
    MNIST_ONE_ANN,
    SENSITIVITY_READINGS,
    SENSITIVITY_READINGS_CIFAR10,
    ABLATION_INTERLEAVED,
    ABLATION_INTERMITTENT,
    ABLATION_OWN_RATES,
    ABLATION_TRAINING,
    ABLATION_LONGER,
    ABLATION_ANN,
    ABLATION_READINGS,
    ABLATION_MECHANISMS,
    ABLATION_FREQUENCIES,
    CIFAR10_ENCODERS,
    CIFAR10_ONE_ANN,
    LATENCY_CIFAR10,
    DCT_BEYOND,
    DCT_BEYOND_MNIST,
    MNIST_DROPPED,
    CIFAR10_DROPPED,
    CIFAR10_VGG9,
    CIFAR100_VGG11,
    TINYIMAGENET_VGG13,
)
