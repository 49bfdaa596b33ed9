"""Laws of what a train depends on: the image, the seed, the image's id, the pixel and t, and nothing else."""

import torch

from encoders.laws.trial import NotApplicable, Trial, require


def repeatable(trial: Trial) -> str:
    """Same input and same generator state give the same train; torch's global generator is left alone."""
    before = torch.get_rng_state()
    first = trial.train()
    trial.train(trial.images.flip(0))
    require(torch.equal(first, trial.train()), "two calls with the same input and generator state differ")
    require(torch.equal(before, torch.get_rng_state()), "it draws from torch's global generator")
    return "the same train again"


def declared_randomness(trial: Trial) -> str:
    """A deterministic encoder neither reads nor moves the generator; a random one depends on it."""
    same = torch.equal(trial.train(), trial.train(offset=1))
    if not trial.encoder.info.deterministic:
        require(not same, "declared random, yet two generators give the same train")
        return "random: depends on the generator"
    require(same, "declared deterministic, yet the train depends on the generator")
    generator = trial.generator()
    trial.again(generator)
    require(torch.equal(generator.get_state(), trial.generator().get_state()), "it moves the generator")
    return "deterministic: ignores the generator"


def batch_invariance(trial: Trial) -> str:
    """Other images in the batch leave an image's train unchanged; a deterministic code also gives it alone."""
    if not trial.encoder.info.batch_invariant:
        raise NotApplicable("declared not batch-invariant")
    train, count = trial.train(), len(trial.images)
    for kept in (max(0, count // 2 - 1), count - 1):
        others = 0.5 * trial.images.roll(1, dims=0)
        others[kept] = trial.images[kept]
        require(torch.equal(trial.train(others)[:, kept], train[:, kept]), "the train depends on batch mates")
        if trial.encoder.info.deterministic:
            alone = trial.train(trial.images[kept : kept + 1])
            require(torch.equal(alone[:, 0], train[:, kept]), "alone, an image has another train than in its batch")
    return "batch mates do not matter"


def split_with_ids(trial: Trial) -> str:
    """Cut into smaller batches or put in another order, each image with its id, a batch has the same trains.

    Ids are 0 … N−1 where none are given, and a random code draws differently for other ids.
    """
    info = trial.encoder.info
    if not info.batch_invariant:
        raise NotApplicable("declared not batch-invariant")
    if not info.deterministic and not info.draws_by_id:
        raise NotApplicable("declared to draw for one batch after the other, without ids")
    ids = 5 * torch.arange(len(trial.images)) + 2
    whole, remedy = trial.train(ids=ids), "draw by generator.initial_seed() and ids, or declare draws_by_id=False"
    for size in (1, 3):
        generator = trial.generator()
        batches = zip(torch.split(trial.images, size), torch.split(ids, size), strict=True)
        parts = [trial.again(generator, images, some) for images, some in batches]
        require(torch.equal(torch.cat(parts, dim=1), whole), f"in batches of {size} the train is another: {remedy}")
    turned = trial.train(trial.images.flip(0), ids=ids.flip(0))
    require(torch.equal(turned.flip(1), whole), f"in another order the train is another: {remedy}")
    counted = trial.train(ids=torch.arange(len(trial.images)))
    require(torch.equal(counted, trial.train()), "without ids the train is not that of ids 0 … N−1")
    if not info.deterministic:
        require(not torch.equal(whole, counted), "declared random by id, yet other ids give the same train")
    return "the batch size does not matter"


def prefix_property(trial: Trial) -> str:
    """The first t steps of a T-step train are the t-step train, unless a window is declared."""
    if trial.encoder.info.window:
        raise NotApplicable("declared a window: the code is laid out over all T steps")
    train = trial.train()
    for t in sorted({1, (trial.timesteps + 1) // 2, max(1, trial.timesteps - 1)}):
        require(torch.equal(trial.train(timesteps=t), train[:t]), f"the {t}-step train is not a prefix")
    return "shorter trains are prefixes"
