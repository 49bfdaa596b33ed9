"""From a data set's name to its images: find the files, decode them, choose a part, compute the digest."""

from pathlib import Path

from harness.data import cache, cifar, digits, folder, mnist, search
from harness.data.catalog import Facts, facts_of
from harness.data.digest import Split, canonical, digest_of
from harness.data.reading import shown
from harness.data.subset import image_set, take
from harness.data.tree import open_tree
from harness.data.types import DataSet
from harness.errors import HarnessError


def load(
    name: str,
    data_dir: Path | None = None,
    *,
    train_images: int | None = None,
    test_images: int | None = None,
    download: bool = True,
) -> DataSet:
    """The data set `name`, or the stratified part with `train_images` and `test_images` images (None: all).

    Looks in `data_dir` alone if it is given; else in HARNESS_DATA, the cache, and the network if `download`.
    Raises HarnessError if the files are nowhere or damaged, or there are fewer images than asked for.
    """
    facts = facts_of(name)
    whole_train, whole_test = _splits(facts, data_dir, download)
    train, test = take(whole_train, train_images), take(whole_test, test_images)
    return DataSet(name, facts.classes, image_set(train), image_set(test), digest_of(train, test))


def _splits(facts: Facts, data_dir: Path | None, download: bool) -> tuple[Split, Split]:
    if facts.name == "digits":
        return digits.read()
    try:
        source = search.locate(facts, data_dir, download)
        # MNIST is faster read and verified than looked up in a cache.
        if facts.name == "mnist":
            return mnist.read(source)
        return cache.load(facts.name, source, lambda: decode(facts, source))
    except OSError as error:
        raise HarnessError(f"{facts.name} cannot be read: {error}", "check the permissions") from error


def decode(facts: Facts, source: Path) -> tuple[Split, Split]:
    """Both splits of the folder or archive `source`, whichever layout it has; HarnessError if it has none."""
    tree = open_tree(source)
    batches, images = cifar.find(tree, facts), folder.find(tree)
    if batches is not None:
        train, test = cifar.read(tree, batches, facts, source)
    elif images is not None:
        train, test = folder.read(tree, images, facts, source)
    else:
        raise HarnessError(
            f"{shown(source)} does not hold {facts.name} in a known layout", f"expected {facts.expected}"
        )
    return canonical(*train), canonical(*test)
