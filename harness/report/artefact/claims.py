"""Each claim with the command that recomputes what judges it, the time and hardware that took, and the verdict."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.judges import Judgement
from harness.catalogue import Claim
from harness.report.artefact.material import Material, duration, hardware_of, seconds_of
from harness.report.claim_rows import ClaimRow, claim_rows
from harness.report.environment import as_text
from harness.report.tables import BLANK
from harness.schema import Record


@dataclass(frozen=True)
class ClaimCommand:
    """A claim as it is judged at one profile. `time` and `hardware` are those of the records; blank without any."""

    row: ClaimRow
    command: str
    time: str
    hardware: str


def commands(material: Material) -> tuple[ClaimCommand, ...]:
    """All claims that are judged, in the catalogue's order."""
    return tuple(_commands(material))


def _commands(material: Material) -> Iterator[ClaimCommand]:
    claims = {claim.id: claim for claim in material.catalogue.claims}
    rows = claim_rows((material.source,), material.catalogue.claims)
    judged = {(j.id, j.profile or BLANK): j for j in material.source.judgements}
    for row in rows:
        judgement = judged[row.id, row.profile]
        records = _records(material, judgement)
        yield ClaimCommand(
            row,
            _command(claims[row.id], judgement, material),
            duration(seconds_of(records)) if records else BLANK,
            hardware_of(records) or BLANK,
        )


def _command(claim: Claim, judgement: Judgement, material: Material) -> str:
    """What a reviewer types. A claim that needs no training is computed by the report itself."""
    if not claim.needs_training:
        return f"harness report {claim.experiment} --out recomputed"
    experiment = material.catalogue.experiment(judgement.experiment)
    profile = judgement.profile or experiment.profiles[-1].name
    arms = "".join(f" --arm {arm}" for arm in judgement.arms)
    return f"harness run {experiment.name} --profile {profile}{arms} --seeds {max(1, judgement.seeds_planned)}"


def _records(material: Material, judgement: Judgement) -> list[Record]:
    return [
        record
        for record in material.records.values()
        if (record.config.experiment, record.config.profile) == (judgement.experiment, judgement.profile)
        and record.config.arm in judgement.arms
        and record.config.seed < judgement.seeds_planned
    ]


COLUMNS = ("claim", "in the paper", "published", "ours", "verdict", "command", "time", "hardware")


def claims_table(rows: Sequence[ClaimCommand]) -> str:
    """The table in Markdown."""
    lines = [
        "# Claims and the commands that recompute them",
        "",
        "Time is what the records that judge the claim took to compute, all seeds together; records that are there are",
        "not computed again. `--profile smoke` in the place of the profile tries a command out and judges nothing.",
        "`harness report` then prints the verdicts.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "| " + " | ".join("---" for _ in COLUMNS) + " |",
    ]
    for one in rows:
        row = one.row
        texts = (row.statement, row.where, row.published, row.ours, row.words)
        cells = (*map(as_text, texts), f"`{one.command}`", one.time, as_text(one.hardware))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
