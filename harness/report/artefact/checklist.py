"""Answers to the NeurIPS paper checklist, as far as records give them; the rest is left to the authors."""

from collections import Counter
from collections.abc import Iterator

from harness.analysis.judges import one_for_each_claim
from harness.report.artefact.material import Material, duration, hardware_of, seconds_of

FOR_AUTHORS = "*For the authors to answer: records do not say.*"


def checklist(material: Material) -> str:
    """The checklist in Markdown, one heading a question."""
    lines = ["# NeurIPS paper checklist: what the records answer", ""]
    for question, answer in _answers(material):
        lines += [f"## {question}", "", answer, ""]
    return "\n".join(lines)


def _answers(material: Material) -> Iterator[tuple[str, str]]:
    records = list(material.records.values())
    yield "Claims", _verdicts(material)
    yield "Limitations", _limits(material)
    yield "Theory, assumptions and proofs", "Not applicable: no theorem is claimed by the records."
    yield (
        "Experimental result reproducibility",
        f"Yes. {len(records)} records, each with its whole configuration, seed and the digests of its data and code, "
        "are in `records/`. `claims.md` has the command that recomputes each claim, and `harness verify RECORD` trains "
        "one cell again and compares it.",
    )
    yield (
        "Open access to data and code",
        f"Yes. Data sets: {', '.join(sorted({r.config.dataset for r in records}))}, all public; their digests are in "
        "the records. The code is under the MIT licence; `environment.lock` has its versions.",
    )
    yield (
        "Experimental setting and details",
        "Yes. Every record holds the resolved recipe: optimiser, rates, epochs, batch size, thresholds. Deviations "
        "from the published recipe are listed for each arm in `report/report.md`.",
    )
    yield "Experiment statistical significance", _significance(material)
    yield "Experiments compute resources", _compute(material)
    for question in ("Code of ethics", "Broader impacts", "Safeguards", "Crowdsourcing", "Institutional review"):
        yield question, FOR_AUTHORS
    yield "Licenses for existing assets", FOR_AUTHORS
    yield "New assets", "The records in `records/`, described by `ro-crate-metadata.json`."


def _verdicts(material: Material) -> str:
    counts = Counter(judgement.verdict for judgement in one_for_each_claim(material.source.judgements))
    said = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
    return f"Judged claims of the paper: {said}. `claims.md` has each one."


def _limits(material: Material) -> str:
    profiles = sorted({record.config.profile for record in material.records.values()})
    failed = sum(record.status == "failed" for record in material.records.values())
    stale = int((material.source.loaded.cells["status"] == "stale").sum())
    return (
        f"Profiles that were run: {', '.join(profiles)}; `smoke` is never judged, `lite` judges orderings only, "
        f"`short` numbers only. Failed cells: {failed}. Cells whose code has changed since and which therefore judge "
        f"nothing: {stale}."
    )


def _significance(material: Material) -> str:
    seeds = sorted({j.seeds_done for j in material.source.judgements if j.mean is not None and j.seeds_done})
    numbers = ", ".join(map(str, seeds)) or "none"
    return (
        f"Yes. Seeds behind the numbers: {numbers}. Intervals are 95 %, over seeds and test images; orderings are "
        "tested on paired differences and adjusted by Holm's method; equality is shown by two one-sided tests within a "
        "margin. The number of seeds is planned in the experiment, and results are those of the final epoch."
    )


def _compute(material: Material) -> str:
    lines = ["| experiment | profile | records | computing time | hardware |", "| --- | --- | --- | --- | --- |"]
    keys = sorted({(r.config.experiment, r.config.profile) for r in material.records.values()})
    for key in keys:
        mine = [r for r in material.records.values() if (r.config.experiment, r.config.profile) == key]
        lines.append(f"| {key[0]} | {key[1]} | {len(mine)} | {duration(seconds_of(mine))} | {hardware_of(mine)} |")
    total = duration(seconds_of(material.records.values()))
    return "\n".join([f"Yes. {total} of computing for all records together.", "", *lines])
