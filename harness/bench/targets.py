"""The figures that this project wants to hold, measured from the rows of a report."""

from collections.abc import Callable, Iterator

from harness.bench.bound import GEMM
from harness.bench.implementations import BASELINE, OURS
from harness.bench.networks import MNIST, VGG5_LITE, VGG9
from harness.bench.report import Report, Row, Target

# Peers document fp32 on a CPU. Torch's autocast makes them faster too, so both are compared.
PEERS = {"as documented": ("fp32",), "as documented or under autocast": ("fp32", "bf16")}
LONG = 16  # timesteps from which the time of a step is that of its arithmetic, not of its calls
SHARES = {MNIST.name: 0.15, VGG5_LITE.name: 0.05}
Spot = tuple[str, int, int]


def targets(report: Report) -> list[Target]:
    """Every target, with its measured value where the report has the rows for it. The worst point counts."""
    spots = list(dict.fromkeys(_spot(r) for r in report.of("step")))
    vgg48 = [s for s in spots if s[0] == VGG5_LITE.name and s[2] == 48]
    mnist = [s for s in spots if s[0] == MNIST.name and s[2] >= LONG]
    started = report.startup
    return [
        Target(f"{VGG5_LITE.name}, T = 48: step against the bare bf16 layers", 1.3, _worst(vgg48, report, _to_floor)),
        *_leads(f"{VGG5_LITE.name}, T = 48", 2.0, vgg48, report),
        *_leads(f"{MNIST.name}, T ≥ {LONG}", 3.0, mnist, report),
        *_leads("everywhere", 1.0, spots, report),
        *_footprints(spots, report),
        Target(
            f"{VGG5_LITE.name}: T = 100 against T = 48",
            2.2,
            max((g.ours for g in report.growth), default=None),
            bare=max((g.bare for g in report.growth), default=None),
        ),
        *_encoding(report),
        *_evaluations(report),
        *_paper_step(spots, report),
        Target("an epoch of MNIST: fastest peer against ours", 4.0, _epoch(report), at_most=False),
        Target("evaluation memory: T = 100 against T = 16", 1.1, _evaluation_memory(report)),
        Target("seconds to `harness --help`", 0.5, started.help_seconds if started else None),
        Target("seconds of a fresh process to its first step", 5, started.first_step_seconds if started else None),
    ]


def _leads(where: str, limit: float, spots: list[Spot], report: Report) -> list[Target]:
    def worst(kind: str, precisions: tuple[str, ...]) -> float | None:
        return _worst(spots, report, lambda rows: _lead(rows, kind, precisions), min)

    return [
        Target(f"{where}: fastest peer {how} against ours", limit, worst("ours", given), False, worst("matmuls", given))
        for how, given in PEERS.items()
    ]


def _worst(
    spots: list[Spot],
    report: Report,
    ratio: Callable[[dict[str, Row]], float | None],
    worst: Callable[[Iterator[float]], float] = max,
) -> float | None:
    found = [ratio({r.implementation: r for r in report.of("step") if _spot(r) == spot}) for spot in spots]
    measured = [value for value in found if value is not None]
    return worst(iter(measured)) if measured else None


def _spot(row: Row) -> Spot:
    return row.network, row.batch, row.timesteps


def _to_floor(rows: dict[str, Row]) -> float | None:
    return rows[OURS].ratio_to_bf16_matmuls if OURS in rows else None


def _lead(rows: dict[str, Row], kind: str, precisions: tuple[str, ...]) -> float | None:
    """Time of the fastest peer in `precisions` over that of the fastest implementation of `kind`."""
    mine = [r.ms_per_image for r in rows.values() if r.kind == kind]
    peers = [r.ms_per_image for r in rows.values() if r.kind == "peer" and r.precision in precisions]
    return _ratio(peers, mine)


def _footprints(spots: list[Spot], report: Report) -> list[Target]:
    def worst(name: str, precisions: tuple[str, ...]) -> float | None:
        return _worst(spots, report, lambda rows: _memory(rows, name, precisions))

    return [
        Target(f"peak memory against the leanest peer {how}", 0.4, worst(OURS, given), bare=worst(BASELINE, given))
        for how, given in PEERS.items()
    ]


def _memory(rows: dict[str, Row], name: str, precisions: tuple[str, ...]) -> float | None:
    peers = [r.peak_mib for r in rows.values() if r.kind == "peer" and r.precision in precisions]
    return _ratio([rows[name].peak_mib] if name in rows else [], peers)


def _encoding(report: Report) -> list[Target]:
    def worst(network: str) -> float | None:
        found = (e.share_of_step for e in report.encoder if e.network == network and e.timesteps >= LONG)
        return max(found, default=None)

    return [
        Target(f"{network}, T ≥ {LONG}: DCT encoding as a share of the step", limit, worst(network))
        for network, limit in SHARES.items()
    ]


def _evaluations(report: Report) -> list[Target]:
    forward = {_spot(r): r.ms_per_image for r in report.of("forward")}
    return [
        Target(
            f"{r.network}, T = {r.timesteps}: evaluation of an image against its forward pass",
            1.25,
            _ratio([r.ms_per_image], [forward.get(_spot(r))]),
        )
        for r in report.of("evaluation")
    ]


def _paper_step(spots: list[Spot], report: Report) -> list[Target]:
    """Our step of the paper's VGG9 against its bare layers, and both against the rate of one large product."""

    def to_bound(name: str) -> float | None:
        return _worst(spots, report, lambda rows: _times(rows, name, GEMM))

    bare = [spot for spot in spots if spot[0] == VGG9.name]
    return [
        Target(f"{VGG9.name}: step against the bare bf16 layers", 1.15, _worst(bare, report, _to_floor)),
        Target(f"{VGG9.name}: step against the rate of a large product", 1.5, to_bound(OURS), bare=to_bound(BASELINE)),
    ]


def _times(rows: dict[str, Row], name: str, other: str) -> float | None:
    mine, theirs = ([rows[n].ms_per_image] if n in rows else [] for n in (name, other))
    return _ratio(mine, theirs)


def _epoch(report: Report) -> float | None:
    """Time of the fastest peer, fp32 or under autocast, over that of the faster of ours."""
    peers, ours = ([r.ms_per_image for r in report.of("epoch") if r.kind == kind] for kind in ("peer", "ours"))
    return _ratio(peers, ours)


def _ratio(above: list[float | None], below: list[float | None]) -> float | None:
    """The smallest of `above` over the smallest of `below`; None where either has no value."""
    numerators, denominators = ([v for v in values if v is not None] for values in (above, below))
    return min(numerators) / min(denominators) if numerators and denominators and min(denominators) > 0 else None


def _evaluation_memory(report: Report) -> float | None:
    peaks = {(f.network, f.timesteps): f.peak_mib for f in report.footprints if f.what == "evaluate"}
    pairs = [(peaks.get((network, 16)), peaks.get((network, 100))) for network in dict.fromkeys(n for n, _ in peaks)]
    return max((long / short for short, long in pairs if short and long), default=None)
