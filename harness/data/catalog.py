"""The facts about every data set: its classes, the names of its files, its digest, and which files are expected."""

from dataclasses import dataclass

from harness.errors import did_you_mean

MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@dataclass(frozen=True)
class Facts:
    """One data set. `shape` is `(C, H, W)`.

    `stems`: names of its folder or archive, without suffix, in small letters and without `-`, `_` or blanks.
    `files`: names of its verified binary files; a folder with any of them is taken for the data set.
    `digest`: of the complete published data set; None if it has not been computed yet.
    `expected`: the files that a user should put in place, in words.
    """

    name: str
    classes: int
    shape: tuple[int, int, int]
    stems: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    digest: str | None = None
    expected: str = ""


_CIFAR = "torchvision's {0} folder, or an image tree {1}/{{train,test}}/<class>/*.png (also as .tgz or .zip)"

_ALL = (
    Facts("digits", 10, (1, 8, 8), digest="d91f98c4dda2784fb2fe4776e72937ab7a98fe095a528ca9e54acc2271361430"),
    Facts(
        name="mnist",
        classes=10,
        shape=(1, 28, 28),
        stems=("mnist", "raw"),
        files=MNIST_FILES,
        digest="2cd60b53ae999558087291ce965194c562dffdf84d286689969bbf2945fd591a",
        expected="torchvision's MNIST/raw folder (the four *-ubyte files, or the same as .gz)",
    ),
    Facts(
        name="cifar10",
        classes=10,
        shape=(3, 32, 32),
        stems=("cifar10", "cifar10batchespy", "cifar10python"),
        files=(*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"),
        digest="60b4d287a9d2099b024ef2d813acd3208ee4ec681ba95dafcafd5ee1867f6c5b",
        expected=_CIFAR.format("cifar-10-batches-py", "cifar10"),
    ),
    Facts(
        name="cifar100",
        classes=100,
        shape=(3, 32, 32),
        stems=("cifar100", "cifar100python"),
        files=("train", "test"),
        digest="1ae68cf2cdd8de59124f2311961abebe59d4ecee8fe282eb7877045bb39e0e63",
        expected=_CIFAR.format("cifar-100-python", "cifar100"),
    ),
    Facts(
        name="tinyimagenet",
        classes=200,
        shape=(3, 64, 64),
        stems=("tinyimagenet", "tinyimagenet200"),
        # Of the JPEG files as Pillow's libjpeg-turbo decodes them.
        digest="4a004b5159ab5d7f50474c0cdd57d17de12adabc857b4ab7016fda981a1313a4",
        expected="tiny-imagenet-200.zip, or what it unpacks to, from http://cs231n.stanford.edu/tiny-imagenet-200.zip",
    ),
)


def names() -> list[str]:
    """The names `load` knows."""
    return [facts.name for facts in _ALL]


def facts_of(name: str) -> Facts:
    """The facts of the data set `name`; raises HarnessError for an unknown one."""
    for facts in _ALL:
        if facts.name == name:
            return facts
    raise did_you_mean("data set", name, names())
