"""Certificates: proof that changed code gives equal results, so that records of the earlier code stay fresh.

A certificate says from which numerics to which equality was found, for an encoder, a device and a precision, and
which settings were found to differ. It is written by `python -m tools.certify` and lies in `certificates/`
beside the records.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from harness.config import CellConfig, canonical_json
from harness.errors import HarnessError
from harness.machine.console import say
from harness.machine.files import content_digest, read_regular, write_atomically
from harness.records.fingerprint import settings_in
from harness.schema import Fingerprint

FOLDER = "certificates"
LARGEST_CERTIFICATE = 2**26  # bytes


class Freed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cells of `encoder` on `device` in `precision` come out equal under the numerics `before` and `after`.

    `differing`: settings of the configuration, by dotted path, under which they do not; a cell with any of them is
    not freed.
    """

    encoder: str
    device: str
    precision: str
    before: str
    after: str
    cells: int
    differing: dict[str, Any] = {}


class Certificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was compared between the commit `base` and the code that wrote this, and what was found equal.

    `compared`: cells whose outputs are equal; `differing`: those whose are not, with the names of the outputs;
    `left_out`: cells that could not be compared, with the reason. `outputs`: SHA-256 of everything compared.
    """

    base: str
    freed: list[Freed]
    compared: list[str]
    differing: dict[str, list[str]]
    left_out: dict[str, str]
    environment: dict[str, str]
    outputs: str
    digest: str = ""


def write_certificate(results: Path, certificate: Certificate) -> Path:
    """Write a certificate, sealed by its digest, into the certificates of a results folder."""
    sealed = msgspec.structs.replace(certificate, digest=_digest(certificate))
    path = results / FOLDER / f"{certificate.base[:10]}-{sealed.digest[:10]}.json"
    write_atomically(path, msgspec.json.format(canonical_json(sealed), indent=1) + b"\n")
    return path


def _read(path: Path) -> Certificate:
    try:
        certificate = msgspec.json.decode(read_regular(path, LARGEST_CERTIFICATE), type=Certificate)
        digest = _digest(certificate)
    except (OSError, ValueError, OverflowError, RecursionError) as error:
        raise HarnessError(f"{path}: not a readable certificate ({error})", "restore or delete it") from None
    if certificate.digest != digest:
        raise HarnessError(f"{path}: content and digest disagree", "restore or delete it")
    return certificate


def _digest(certificate: Certificate) -> str:
    return content_digest(canonical_json(msgspec.structs.replace(certificate, digest="")))


def chain(
    certificates: Sequence[Certificate], recorded: Fingerprint, config: CellConfig, today: str
) -> tuple[str, ...] | None:
    """The commits whose certificates lead from the numerics of a record to those of `today`, or None.

    Empty where they are the same.
    """
    settings = settings_in(canonical_json(config))
    paths: dict[str, tuple[str, ...]] = {recorded.numerics: ()}
    waiting = [recorded.numerics]
    while waiting and today not in paths:
        numerics = waiting.pop(0)
        for certificate in certificates:
            for freed in certificate.freed:
                if freed.before == numerics and freed.after not in paths and _covers(freed, recorded, settings):
                    paths[freed.after] = (*paths[numerics], certificate.base[:10])
                    waiting.append(freed.after)
    return paths.get(today)


def _covers(freed: Freed, recorded: Fingerprint, settings: Mapping[str, Any]) -> bool:
    same = (freed.encoder, freed.device, freed.precision) == (
        settings["encoder.name"],
        recorded.device,
        settings["precision"],
    )
    return same and not any(settings.get(path) == value for path, value in freed.differing.items())


def known_certificates(results: Path) -> tuple[Certificate, ...]:
    """The certificates that count for the records of a results folder: its own, and those of the evidence beside it.

    One that is damaged or was edited frees nothing: it is left out, and named on standard error, once in a process.
    """
    return _certificates_at(results.resolve())


@cache
def _certificates_at(results: Path) -> tuple[Certificate, ...]:
    # `results` is absolute: a relative path names another folder once the working directory changes.
    found: list[Certificate] = []
    for folder in dict.fromkeys((results, results.parent / "evidence")):
        for path in sorted((folder / FOLDER).glob("*.json")):
            try:
                found.append(_read(path))
            except HarnessError as error:
                say(f"{error}; it frees no record", stderr=True)
    return tuple(found)
