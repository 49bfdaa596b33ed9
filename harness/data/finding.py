"""What `harness doctor` says about a data set: where it is, and whether its files are as published. Changes nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.data import cache, cifar, digits, mnist, search
from harness.data.catalog import Facts, facts_of
from harness.data.digest import digest_of
from harness.data.reading import shown
from harness.data.tree import content, open_tree
from harness.errors import HarnessError


@dataclass(frozen=True)
class Finding:
    """`verified`: every byte is as published; `found`: there, but not compared yet; else what is wrong."""

    name: str
    state: Literal["verified", "found", "damaged", "missing"]
    where: Path | None
    detail: str

    def __str__(self) -> str:
        place = f" in {self.where}" if self.where else ""
        return f"{self.name}: {self.state}{place} ({self.detail})"


def look(name: str, data_dir: Path | None = None) -> Finding:
    """Where the data set `name` is, and whether its files are as published. Never downloads, decodes or raises."""
    where: Path | None = None
    try:
        facts = facts_of(name)
        if name == "digits":
            return _compared(facts, None, digest_of(*digits.read()), "comes with scikit-learn")
        where = search.find(facts, data_dir)
        return _missing(facts, data_dir) if where is None else _inspect(facts, where)
    # Besides damaged files: a torchvision that does not fit its torch fails on import, which doctor must survive.
    except (HarnessError, OSError, ImportError, RuntimeError) as error:
        return Finding(name, "damaged", where, str(error))


def _missing(facts: Facts, data_dir: Path | None) -> Finding:
    looked = ", ".join(f"{chosen_by} ({place})" for chosen_by, place in search.places(data_dir).items())
    return Finding(facts.name, "missing", None, f"looked in {looked}; put {facts.expected} in one of them")


def _inspect(facts: Facts, where: Path) -> Finding:
    if facts.name == "mnist":
        for name in mnist.MD5:
            mnist.verified(where, name)
        return Finding(facts.name, "verified", where, "md5 of all four files")
    stored = cache.summary(facts.name, where)
    if stored is not None:
        train, test, digest = stored
        return _compared(facts, where, digest, f"{train} training and {test} test images, decoded")
    if where.is_dir() and _batches_verified(facts, where):
        return Finding(facts.name, "verified", where, "md5 of all batches, not decoded yet")
    return Finding(facts.name, "found", where, "not decoded yet")


def _compared(facts: Facts, where: Path | None, digest: str, detail: str) -> Finding:
    state: Literal["verified", "found"] = "verified" if digest == facts.digest else "found"
    against = "" if state == "verified" else ", not compared" if facts.digest is None else ", not as published"
    return Finding(facts.name, state, where, f"{detail}, digest {digest[:16]}{against}")


def _batches_verified(facts: Facts, where: Path) -> bool:
    tree = open_tree(where)
    prefix = cifar.find(tree, facts) if facts.files else None
    if prefix is None:
        return False
    for md5 in cifar.md5_lists(facts.name):
        for name, expected in md5.items():
            mnist.check_md5(shown(f"{prefix}{name} in {where}"), content(tree, prefix + name, where), expected)
    return True
