"""A model card: what a file of weights is, from its record, in Markdown with Hugging Face's `model-index` metadata."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from harness.analysis.energy import FORTY_FIVE_NM, operations_of_record
from harness.analysis.frame import percent
from harness.analysis.statistics import LEAST_SEEDS, estimate, outcomes_without_images
from harness.catalogue import Catalogue
from harness.config import CellConfig
from harness.errors import HarnessError
from harness.records.certificates import known_certificates
from harness.records.freshness import freshness_in
from harness.records.rechecks import rechecks_of
from harness.records.seeds import finished_seeds
from harness.records.weights import beside, read_weights
from harness.report.costs import short
from harness.schema import Counts, Record


class Step(NamedTuple):
    """Accuracy in percent after timestep `t`, with Wilson's 95 % interval."""

    t: int
    correct: int
    percent: float
    low: float
    high: float


def card(weights: Path, catalogue: Catalogue) -> str:
    """The card of a file of weights whose record lies beside it. Raises HarnessError where that is not there."""
    found = read_weights(weights)
    record = beside(weights)
    if record is None or record.curve is None:
        raise HarnessError(
            f"{weights}: no finished record beside it", "a card is made from weights and record together"
        )
    path = weights.resolve().with_suffix(".json")
    known, config = freshness_in(path, catalogue, known_certificates(path.parents[3])), record.config
    named: dict[str, Any] = {
        "config": config,
        "fingerprint": record.fingerprint,
        "environment": record.environment,
        "name": f"{config.experiment}-{config.profile}-{config.arm}-seed-{config.seed}",
        "state": known.state,
        "reason": known.reason,
        "steps": list(_steps(record.curve)),
        "total": record.curve.total,
        "seeds": _seeds(path, record),
        "recipe": list(_recipe(config)),
        "energy": _energy(record),
        "rechecks": rechecks_of(path, record),
        "file": weights.name,
        "sha256": found.sha256,
        "quoted": lambda text: json.dumps(text, ensure_ascii=False),  # what is valid JSON is valid YAML
        **_of_catalogue(config, catalogue),
    }
    text: str = _template().render(named)
    return text


def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("harness.report", "templates")
    settings: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}
    return Environment(loader=loader, undefined=StrictUndefined, autoescape=False, **settings).get_template("card.md")


def _steps(curve: Counts) -> Iterator[Step]:
    from statsmodels.stats.proportion import proportion_confint

    for t, correct in enumerate(curve.correct, start=1):
        low, high = proportion_confint(correct, curve.total, method="wilson")
        yield Step(t, correct, float(percent(correct, curve.total)), 100 * float(low), 100 * float(high))


def _seeds(path: Path, record: Record) -> dict[str, Any] | None:
    """Mean and 95 % interval over the finished seeds of the same recipe and code; None below three of them."""
    runs = [
        float(percent(curve.correct[-1], curve.total))
        for seed, curve in finished_seeds(path, record)
        if seed.fingerprint.numerics == record.fingerprint.numerics
    ]
    if len(runs) < LEAST_SEEDS:
        return None
    found = estimate(outcomes_without_images(np.array(runs)))
    words = f"{float(found.mean):.2f} % [{float(found.low):.2f}, {float(found.high):.2f}]"
    return {"count": len(runs), "words": words}


def _recipe(config: CellConfig) -> Iterator[tuple[str, str]]:
    """Every setting of a cell that decides a number, part by part."""
    for part in ("encoder", "network", "neuron", "balancing", "ann", "snn"):
        settings = _flat(msgspec.to_builtins(getattr(config, part)))
        yield part, ", ".join(f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in settings)


def _flat(settings: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value)
        else:
            yield name, value


def _energy(record: Record) -> dict[str, str] | None:
    if not record.layers:
        return None
    counted = operations_of_record(record)
    spent = counted.snn_pj(FORTY_FIVE_NM)
    if spent is None:
        return None
    return {
        "macs": short(counted.macs),
        "accumulates": short(counted.accumulates),
        "multiplies": short(counted.multiplies),
        "encoder": short(counted.encoder or 0.0),
        "encoder_macs": short(counted.encoder_macs or 0.0),
        "ann": f"{counted.ann_pj(FORTY_FIVE_NM) / 1000:.1f}",
        "snn": f"{spent / 1000:.1f}",
    }


def _of_catalogue(config: CellConfig, catalogue: Catalogue) -> dict[str, Any]:
    """What only the catalogue knows: title, source and deviations in words."""
    if config.experiment not in catalogue.names():
        return {"title": f"{config.experiment}: {config.arm}", "source": "", "deviations": []}
    experiment = catalogue.experiment(config.experiment)
    try:
        arm, profile = experiment.arm_of(config), experiment.profile(config.profile)
    except HarnessError:
        return {"title": experiment.title, "source": f"Source: {experiment.source}.", "deviations": []}
    return {
        "title": f"{experiment.title}: {arm.title}",
        "source": f"Source: {experiment.source}.",
        "deviations": list(experiment.deviations(arm, profile)),
    }
