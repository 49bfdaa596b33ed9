"""The data sets: what is known of each, where its files are looked for, and how they become images.

`load` finds the files of a data set, verifies and decodes them. `look` says where they are and changes nothing.

A package offers a further one as an entry point of the group `dct_snn.datasets`: a function that is given the folder of
`--data-dir` or HARNESS_DATA (None without) and returns `(images, labels)` for training, the same for testing, and the
number of classes. Images are uint8 `[N, C, H, W]`, labels whole numbers `[N]` from 0. The cache does not hold it.
"""

import gzip
import io
import pickle
import warnings
import zlib
from dataclasses import dataclass
from importlib.metadata import EntryPoint, distribution, entry_points
from operator import index
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Literal

import numpy as np
from PIL import Image, UnidentifiedImageError

from encoders.registry import package_of
from harness.data import cache
from harness.data.files import GET_AGAIN, MAX_FILE_BYTES, SUFFIXES, Tree, check_md5, fetch, open_tree, read_file
from harness.data.subset import choose, image_set, take
from harness.data.types import DataSet, Labels, Pixels, Split, canonical, digest_of, part
from harness.errors import HarnessError, did_you_mean, said_by
from harness.machine.files import cache_root, folder_from

# Of the published files, unpacked; torchvision has only those of the packed ones.
MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}

# Image files that are read; Pillow is asked for these formats and no other.
IMAGE_SUFFIXES = {".webp", ".png", ".jpg", ".jpeg", ".bmp"}
IMAGE_FORMATS = ("WEBP", "PNG", "JPEG", "BMP")
# What Pillow raises for a file with wrong bytes, depending on where they stand.
UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)

DIGITS_TEST_IMAGES = 360

# (file name, class name), in one split.
Listing = list[tuple[str, str]]


@dataclass(frozen=True)
class Facts:
    """One data set. `shape` is `(C, H, W)`.

    `folders`: names of its folder, or of its archive without suffix. `digest`: of the complete published data set.
    `expected`: the files that a user should put in place, in words.
    """

    name: str
    classes: int
    shape: tuple[int, int, int]
    digest: str
    folders: tuple[str, ...] = ()
    expected: str = ""


_CIFAR = "torchvision's {0} folder, or an image tree {1}/{{train,test}}/<class>/*.png (also as .tgz or .zip)"
_TINY = "tiny-imagenet-200.zip, or what it unpacks to, from http://cs231n.stanford.edu/tiny-imagenet-200.zip"
_ALL = {
    facts.name: facts
    for facts in (
        Facts("digits", 10, (1, 8, 8), "d91f98c4dda2784fb2fe4776e72937ab7a98fe095a528ca9e54acc2271361430"),
        Facts(
            "mnist",
            10,
            (1, 28, 28),
            "2cd60b53ae999558087291ce965194c562dffdf84d286689969bbf2945fd591a",
            ("MNIST/raw", "raw", "mnist"),
            "torchvision's MNIST/raw folder (the four *-ubyte files, or the same as .gz)",
        ),
        Facts(
            "cifar10",
            10,
            (3, 32, 32),
            "60b4d287a9d2099b024ef2d813acd3208ee4ec681ba95dafcafd5ee1867f6c5b",
            ("cifar10", "cifar-10-batches-py", "cifar-10-python"),
            _CIFAR.format("cifar-10-batches-py", "cifar10"),
        ),
        Facts(
            "cifar100",
            100,
            (3, 32, 32),
            "1ae68cf2cdd8de59124f2311961abebe59d4ecee8fe282eb7877045bb39e0e63",
            ("cifar100", "cifar-100-python"),
            _CIFAR.format("cifar-100-python", "cifar100"),
        ),
        Facts(
            "tinyimagenet",
            200,
            (3, 64, 64),
            # Of the JPEG files as Pillow's libjpeg-turbo decodes them.
            "4a004b5159ab5d7f50474c0cdd57d17de12adabc857b4ab7016fda981a1313a4",
            ("tiny-imagenet-200", "tinyimagenet"),
            _TINY,
        ),
    )
}


def plugins() -> dict[str, EntryPoint]:
    """Data sets of other packages by name; a name of ours cannot be taken."""
    return {point.name: point for point in entry_points(group="dct_snn.datasets") if point.name not in _ALL}


def names() -> list[str]:
    """The names `load` knows."""
    return [*_ALL, *sorted(plugins())]


def facts_of(name: str) -> Facts:
    """The facts of the data set `name`; raises HarnessError for an unknown one. One of another package is loaded."""
    if name in _ALL:
        return _ALL[name]
    if name not in plugins():
        raise did_you_mean("data set", name, names())
    return _of_package(name, None)[0]


def load(
    name: str, data_dir: Path | None = None, *, train_images: int | None = None, test_images: int | None = None
) -> DataSet:
    """The data set `name`, or the stratified part with `train_images` and `test_images` images (None: all).

    Looks in `data_dir` alone if it is given; else in HARNESS_DATA, the cache, and the network.
    Raises HarnessError if the files are nowhere or damaged, or there are fewer images than asked for.
    """
    try:
        if name in plugins():
            facts, splits = _of_package(name, data_dir)
        else:
            facts = facts_of(name)
            splits = _digits() if name == "digits" else _read(facts, _locate(facts, data_dir))
    except OSError as error:
        raise HarnessError(f"{name} cannot be read: {error}", "check the permissions") from error
    train, test = (take(split, count) for split, count in zip(splits, (train_images, test_images), strict=True))
    return DataSet(name, facts.classes, image_set(train), image_set(test), digest_of(train, test))


def _read(facts: Facts, source: Path) -> tuple[Split, Split]:
    # MNIST is faster read and verified than looked up in a cache.
    return _mnist(source) if facts.name == "mnist" else cache.load(facts.name, source, lambda: _decode(facts, source))


@dataclass(frozen=True)
class Located:
    """Where a data set is, and its state.

    `verified`: every byte is as published. `found`: there, but not verified: not decoded yet, another package's, or not
    the published images; `detail` says which. Else it says what is wrong.
    """

    name: str
    state: Literal["verified", "found", "damaged", "missing"]
    where: Path | None
    detail: str


def look(name: str, data_dir: Path | None = None) -> Located:
    """Where the data set `name` is, and whether its files are as published. Never downloads, decodes or raises."""
    where: Path | None = None
    if name in plugins():
        return Located(name, "found", None, f"of {package_of(plugins()[name])}, loaded when it is used")
    try:
        facts = facts_of(name)
        where = None if name == "digits" else _find(facts, data_dir)
        if name == "digits":
            stored, detail = _digits(), "comes with scikit-learn"
        elif where is None:
            missing = f"looked in {_listed(data_dir)}; put {facts.expected} there"
            return Located(name, "missing", None, missing)
        elif name == "mnist":
            for file in MNIST_MD5:
                _mnist_file(where, file)
            return Located(name, "verified", where, "md5 of all four files")
        elif (decoded := cache.read(name, where)) is None:
            return Located(name, "found", where, "not decoded yet")
        else:
            stored = decoded
            detail = f"{len(stored[0])} training and {len(stored[1])} test images, decoded"
        digest = digest_of(*stored)
        if digest == facts.digest:
            return Located(name, "verified", where, f"{detail}, digest {digest[:16]}")
        return Located(name, "found", where, f"{detail}, digest {digest[:16]}, not as published")
    # Besides damaged files: a library that does not fit the others fails on import, which doctor must survive.
    except (HarnessError, OSError, ImportError, RuntimeError) as error:
        return Located(name, "damaged", where, str(error))


# Of other packages.


def _of_package(name: str, data_dir: Path | None) -> tuple[Facts, tuple[Split, Split]]:
    """A data set of another package. Raises HarnessError with its name for whatever is wrong with it."""
    point = plugins()[name]
    try:
        train, test, count = point.load()(data_dir or folder_from("HARNESS_DATA"))
        classes = index(count)
        splits = _checked("training", train, classes), _checked("test", test, classes)
        shape, other = (split.images.shape[1:] for split in splits)
        if shape != other:
            raise HarnessError(f"training images are {list(shape)}, test images {list(other)}")
    except Exception as error:  # code of others may raise anything
        said, hint = (error.message, error.hint) if isinstance(error, HarnessError) else (said_by(error), "")
        raise HarnessError(f"data set '{name}' of {package_of(point)}: {said}", hint or "correct it") from error
    return Facts(name, classes, (shape[0], shape[1], shape[2]), digest_of(*splits)), splits


def _checked(which: str, given: Any, classes: int) -> Split:
    """A split of another package, in canonical order. Raises HarnessError for what no data set is."""
    images, labels = given
    pixels, numbers = np.ascontiguousarray(images), np.asarray(labels)
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.size == 0:
        raise HarnessError(f"{which} images are {pixels.dtype} {list(pixels.shape)}, not uint8 [N, C, H, W]")
    if numbers.dtype.kind not in "iu" or numbers.shape != pixels.shape[:1]:
        raise HarnessError(f"{which} labels are {numbers.dtype} {list(numbers.shape)}, not one whole number an image")
    low, high = int(numbers.min()), int(numbers.max())
    if low < 0 or high >= classes:
        raise HarnessError(f"{which} labels go from {low} to {high}, and there are {classes} classes")
    return canonical(pixels, numbers.astype(np.int64))


# Where the files are.


def _locate(facts: Facts, data_dir: Path | None) -> Path:
    """The folder or archive that holds the data set; downloads it if it is nowhere and no `data_dir` is given.

    Raises HarnessError saying where it looked and how to get the files. If `data_dir` is given, no other place is
    looked at, because to use other files than those asked for would be a silent change of data. So HARNESS_DATA must
    exist if it is set.
    """
    chosen = folder_from("HARNESS_DATA")
    if data_dir is None and chosen and not chosen.exists():
        raise HarnessError(f"HARNESS_DATA is {chosen}: there is no such folder", "correct it, or unset it")
    source, problems = _find(facts, data_dir), list[str]()
    if source is None and data_dir is None:
        into = cache_root()
        try:
            into.mkdir(parents=True, exist_ok=True)
            # Cells run side by side: one downloads, the others wait and then find the files.
            with cache.locked(into / f"{facts.name}.lock"):
                if _found_in(into, facts) is None:
                    problems = fetch(facts.name, into, MNIST_MD5)
            source = _found_in(into, facts)
        except OSError as error:
            problems = [cache.fault(error)]
    if source is None:
        failed = f"; download failed: {'; '.join(problems)}" if problems else ""
        there = data_dir or "the folder HARNESS_DATA names"
        raise HarnessError(f"no {facts.name} in {_listed(data_dir)}{failed}", f"put {facts.expected} in {there}")
    return source


def _find(facts: Facts, data_dir: Path | None) -> Path | None:
    """The folder or archive that already holds the data set; None if there is none."""
    if data_dir is not None and _is_source(data_dir, facts):
        return data_dir
    sources = (_found_in(place, facts) for place in _places(data_dir).values())
    return next((path for path in sources if path is not None), None)


def _places(data_dir: Path | None) -> dict[str, Path]:
    """The folders to look in, by what chose them, the first to be tried first."""
    if data_dir is not None:
        return {"--data-dir": data_dir}
    chosen = folder_from("HARNESS_DATA")
    return {**({"HARNESS_DATA": chosen} if chosen else {}), "the cache": cache_root()}


def _listed(data_dir: Path | None) -> str:
    return ", ".join(f"{chosen_by} ({place})" for chosen_by, place in _places(data_dir).items())


def _found_in(place: Path, facts: Facts) -> Path | None:
    """What in `place` has one of the data set's names and holds it: a folder, else an archive."""
    candidates = (place / f"{name}{suffix}" for suffix in ("", *SUFFIXES) for name in facts.folders)
    return next((path for path in candidates if _is_source(path, facts)), None)


def _is_source(path: Path, facts: Facts) -> bool:
    """Whether the data set's files are here: all of MNIST's four, any of another's."""
    if facts.name == "mnist":
        return all((path / name).is_file() or (path / f"{name}.gz").is_file() for name in MNIST_MD5)
    if path.is_file():
        return path.name.lower().endswith(SUFFIXES)
    return any((path / name).exists() for name in ("train", "data_batch_1", "test_batch"))


# How they become images. Each reader gives the training and the test split in canonical order.


def _digits() -> tuple[Split, Split]:
    """The digits of scikit-learn: 1437 training and 360 test images, `[N, 1, 8, 8]`; grey 0..16 becomes 0..255."""
    # Its file, without importing it, which takes longer than the training of a small network.
    file = distribution("scikit-learn").locate_file("sklearn/datasets/data/digits.csv.gz")
    rows = np.loadtxt(str(file), delimiter=",")
    pixels = np.rint(rows[:, :-1] * 255 / 16).astype(np.uint8).reshape(-1, 1, 8, 8)
    whole = canonical(pixels, rows[:, -1].astype(np.int64))
    test = choose(whole.hashes, whole.labels, DIGITS_TEST_IMAGES)
    train = np.setdiff1d(np.arange(len(whole)), test)
    return part(whole, train), part(whole, test)


def _mnist(folder: Path) -> tuple[Split, Split]:
    """MNIST's images, `[N, 1, 28, 28]`, from its four idx files (LeCun's format) or the same as .gz."""
    train_images, train_labels, test_images, test_labels = (_mnist_file(folder, name) for name in MNIST_MD5)

    def split(images: bytes, labels: bytes) -> Split:
        # An idx header is 4 bytes and 4 more for each dimension: 16 for images, 8 for labels.
        pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 1, 28, 28)
        return canonical(pixels, np.frombuffer(labels, np.uint8, offset=8).astype(np.int64))

    return split(train_images, train_labels), split(test_images, test_labels)


def _mnist_file(folder: Path, name: str) -> bytes:
    path = folder / name
    if path.exists():
        raw = read_file(path)
    else:
        path = folder / f"{name}.gz"
        try:
            raw = gzip.GzipFile(fileobj=io.BytesIO(read_file(path))).read(MAX_FILE_BYTES)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise HarnessError(f"{path} cannot be unpacked: {error}", GET_AGAIN) from error
    check_md5(str(path), raw, MNIST_MD5[name])
    return raw


def _decode(facts: Facts, source: Path) -> tuple[Split, Split]:
    """Both splits of the folder or archive `source`, whichever layout it has; HarnessError if it has none."""
    tree = open_tree(source)
    images = tree.folder_of("train/")
    if images is not None:
        return _image_folder(tree, images, facts)
    from torchvision.datasets import CIFAR10, CIFAR100  # takes a second

    published = {"cifar10": CIFAR10, "cifar100": CIFAR100}.get(facts.name)
    batches = tree.folder_of(published.test_list[0][0]) if published else None
    if published is None or batches is None:
        what = f"{source} does not hold {facts.name} in a known layout"
        raise HarnessError(what, f"expected {facts.expected}")
    training = [_batch(tree, f"{batches}{name}", md5, facts) for name, md5 in published.train_list]
    pixels, labels = zip(*training, strict=True)
    name, md5 = published.test_list[0]
    test = _batch(tree, f"{batches}{name}", md5, facts)
    return canonical(np.concatenate(pixels), np.concatenate(labels)), canonical(*test)


def _batch(tree: Tree, name: str, md5: str, facts: Facts) -> tuple[Pixels, Labels]:
    """The images, uint8 `[N, 3, 32, 32]`, and labels of one of CIFAR's pickles."""
    raw = tree.read(name)
    check_md5(f"{name} in {tree.source}", raw, md5)
    with warnings.catch_warnings():
        # Python 2's numpy stored 0 and 1 where today's expects booleans, and warns.
        warnings.simplefilter("ignore")
        # Loading a pickle may run any code: these are the published bytes, as the md5 just verified says.
        batch = pickle.loads(raw, encoding="latin1")
    labels = np.array(batch["labels" if facts.name == "cifar10" else "fine_labels"], np.int64)
    return np.asarray(batch["data"], np.uint8).reshape(len(labels), *facts.shape), labels


def _image_folder(tree: Tree, folder: str, facts: Facts) -> tuple[Split, Split]:
    """The images of `{train,test}/<class>/*.png`, or of Tiny ImageNet's own layout with its annotations file.

    A label is the alphabetical place of its class. Raises HarnessError for a missing class, an unreadable image, or
    one of the wrong size.
    """
    train, test = _listing(tree, f"{folder}train/"), _held_out(tree, folder)
    seen, held = {name for _, name in train}, {name for _, name in test}
    for split, missing in (("training", held - seen), ("test", seen - held)):
        if missing:
            raise HarnessError(f"class {min(missing)!r} has no {split} images in {tree.source}", GET_AGAIN)
    if len(seen) != facts.classes:
        raise HarnessError(
            f"{tree.source} has {len(seen)} classes, {facts.name} has {facts.classes}",
            "a class folder is missing, or it is another data set",
        )
    label_of = {name: label for label, name in enumerate(sorted(seen))}

    def decoded(files: Listing) -> Split:
        images = np.empty((len(files), *facts.shape), np.uint8)
        # One thread on purpose: for images this small Pillow holds the interpreter lock, and threads only slow it.
        for row, (name, _) in zip(images, files, strict=True):
            row[:] = read_image(io.BytesIO(tree.read(name)), f"{name} in {tree.source}", facts)
        return canonical(images, np.array([label_of[name] for _, name in files], np.int64))

    with warnings.catch_warnings():
        # Pillow warns of a huge image before it refuses one that is twice as large.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return decoded(train), decoded(test)


def _listing(tree: Tree, folder: str) -> Listing:
    """The images below `folder`, each with the name of its class folder."""
    paths = [PurePosixPath(name) for name in tree.files if name.startswith(folder)]
    depth = folder.count("/")
    return [
        (str(path), path.parts[depth])
        for path in sorted(paths)
        if path.suffix.lower() in IMAGE_SUFFIXES and len(path.parts) > depth + 1
    ]


def _held_out(tree: Tree, folder: str) -> Listing:
    """The labelled images that are not for training."""
    annotations = f"{folder}val/val_annotations.txt"
    if annotations in tree.files:
        # Lines read: val_0.JPEG <tab> n03444034 <tab> four numbers of a box.
        text = tree.read(annotations).decode("utf-8", "replace")
        rows = [line.split("\t") for line in text.splitlines() if line.strip()]
        if any(len(row) < 2 for row in rows):
            raise HarnessError(f"{annotations} in {tree.source} is damaged", GET_AGAIN)
        return [(f"{folder}val/images/{row[0]}", row[1]) for row in rows]
    for split in ("test", "val"):
        listing = _listing(tree, f"{folder}{split}/")
        # Tiny ImageNet's test images have no labels: they lie in one folder named "images".
        if listing and {name for _, name in listing} != {"images"}:
            return listing
    raise HarnessError(f"no labelled images in {folder}test or {folder}val of {tree.source}", GET_AGAIN)


def read_image(file: Path | BinaryIO, where: str, facts: Facts) -> Pixels:
    """The pixels `[C, H, W]` of an image that has the size of the data set's. Raises HarnessError, naming `where`."""
    channels, height, width = facts.shape
    try:
        with Image.open(file, formats=IMAGE_FORMATS) as image:
            # Opening reads the header alone, so a huge image is refused before it is decoded.
            if image.size != (width, height):
                raise HarnessError(
                    f"{where} is {image.width}×{image.height}, {facts.name} is {width}×{height}",
                    "use an image of that size: resizing in another way would be another data set",
                )
            pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    except UNREADABLE as error:
        # Pillow's own message for a file of no known format holds the address of an object.
        unknown = isinstance(error, UnidentifiedImageError)
        reason = f"it is none of {', '.join(IMAGE_FORMATS)}" if unknown else error
        raise HarnessError(f"{where} is not a readable image: {reason}", "get the file again") from error
    return pixels[None] if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))
