"""`python -m bench race`: seconds from the start of a process to a trained network's accuracy, by library.

All train one network by one recipe: as an ANN, then as an SNN on spike trains of our DCT code, with the same batches,
by Adam with a rate that falls linearly to 0. Only neuron and loop differ: a `Model` of `implementations`.
Each runs in a separate process. A library runs in both precisions first, and then again in the faster one.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import torch
import torch.nn.functional as F
from torch import Generator, Tensor
from torch.optim.lr_scheduler import LinearLR

from bench.implementations import Implementation, chosen, reordered
from bench.measure import Say, machine, threads_at
from bench.report import Lines, drawn, onto_page, write
from bench.workload import Point, Workload, network_of
from encoders import create
from harness.config import Augmentation, Balancing, NeuronSpec
from harness.data import load
from harness.errors import named
from harness.machine.process import keep_freed_memory
from harness.papers.dct_snn.recipe import DIGITS_NETWORK, MNIST_NETWORK, VGG5_LITE
from harness.snn.balancing import balance
from harness.snn.network import Spiking
from harness.training.batches import batch, normalised
from harness.training.trains import encoded_once

Loss = Callable[[Tensor, Tensor], Tensor]  # logits of images [N, C, H, W] in [-1, 1] and their indices
ROOT = Path(__file__).parents[1]
TEST_BATCH = 500
FITTED = 2048  # training images that encoder and thresholds are fitted on


@dataclass(frozen=True)
class Course:
    """The recipe: an ANN for `ann_epochs`, balanced, then an SNN for `epochs`, or until the fraction `target` of test
    images is right in one of the `tests` of an epoch. Both begin with `learning_rate`.
    """

    network: str
    timesteps: int
    batch: int
    learning_rate: float
    ann_epochs: int
    epochs: int
    target: float
    augmentation: Augmentation
    tests: int = 1


COURSES = {  # by data set
    "digits": Course(DIGITS_NETWORK.name, 16, 32, 3e-3, 8, 8, 0.96, Augmentation()),
    "mnist": Course(MNIST_NETWORK.name, 16, 128, 3e-3, 10, 10, 0.98, Augmentation(pad=1)),
    "cifar10": Course(VGG5_LITE.name, 48, 32, 1e-3, 15, 1, 0.70, Augmentation(flip=True), tests=5),
}


class Answer(msgspec.Struct, frozen=True):
    """The output of a contestant's process; peak_mib and cpu_seconds: of the whole process."""

    accuracy: float
    epochs: float
    cpu_seconds: float
    peak_mib: float


class Result(msgspec.Struct, frozen=True):
    """A contestant's runs: seconds from the start of a process to its answer. status: "reached", or why not."""

    course: str
    timesteps: int
    implementation: str
    status: str = "reached"
    seconds: tuple[float, ...] = ()
    answers: tuple[Answer, ...] = ()

    @property
    def median(self) -> float:
        """The median of its seconds; infinite if it did not reach the target."""
        return statistics.median(self.seconds) if self.status == "reached" and self.seconds else float("inf")

    @property
    def library(self) -> str:
        """Its name without the precision."""
        return self.implementation.removesuffix(" bf16").removesuffix(" fp32")


def train(name: str, course: Course, contestant: Implementation, data_dir: Path | None) -> tuple[float, float]:
    """Train on the data set `name`: the last test's accuracy, and the number of epochs that it took."""
    keep_freed_memory()  # as `harness run` does; it helps every implementation
    data, network = load(name, data_dir), network_of(course.network, Generator().manual_seed(0))
    fitted, order = normalised(data.train.images[:FITTED]), Generator().manual_seed(1)
    encoder = create("dct").calibrate(fitted)

    def fit(parameters: Iterable[Tensor], epochs: int, loss: Loss, arrived: Callable[[], bool]) -> float:
        optimizer = torch.optim.Adam(parameters, course.learning_rate, fused=True)
        steps = -(-len(data.train) // course.batch)
        tested = {round(steps * (test + 1) / course.tests) for test in range(course.tests)}
        falling = LinearLR(optimizer, 1.0, 0.0, epochs * steps)
        for epoch in range(epochs):
            shuffled = torch.randperm(len(data.train), generator=order)
            for step, places in enumerate(torch.split(shuffled, course.batch), 1):
                images, labels = batch(data.train, places, course.augmentation, order)
                value = F.cross_entropy(loss(images, places), labels)
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
                falling.step()
                if step in tested and arrived():
                    return epoch + step / steps
        return epochs

    fit(network.parameters(), course.ann_epochs, lambda x, _: network.ann(encoder.frame(x)), lambda: False)
    neuron = NeuronSpec()
    spiking = Spiking(network, encoder, neuron, course.timesteps, dtype=contestant.dtype)
    parts = fitted.split(spiking.chunk())
    thresholds = balance(network, lambda: (spiking.encode(part, 0).float() for part in parts), Balancing(), neuron)
    weights = reordered([weight.detach() for weight in network.weights], network.layers, back=True)
    none = torch.empty(0)
    model = contestant.make(Workload(course.network, network.layers, tuple(weights), none, none, tuple(thresholds)))
    encode = spiking.encode if course.augmentation != Augmentation() else encoded_once(spiking, len(data.train))
    encode_test, accuracy = encoded_once(spiking, len(data.test)), 0.0

    @torch.no_grad()
    def arrived() -> bool:
        nonlocal accuracy
        right = 0
        for places in torch.split(torch.arange(len(data.test)), TEST_BATCH):
            output = contestant.output(model, encode_test(normalised(data.test.images[places]), 0, places))
            right += int((output.argmax(1) == data.test.labels[places]).sum())
        accuracy = right / len(data.test)
        return accuracy >= course.target

    epochs = fit(model.parameters, course.epochs, lambda x, at: contestant.output(model, encode(x, 0, at)), arrived)
    return accuracy, epochs


def answer(name: str, timesteps: str, implementation: str, data_dir: str) -> Answer:
    """Train in this process."""
    course, (contestant,) = replace(COURSES[name], timesteps=int(timesteps)), chosen((implementation,))
    with threads_at(Point(course.network, course.batch, course.timesteps)):
        accuracy, epochs = train(name, course, contestant, Path(data_dir) if data_dir else None)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Answer(accuracy, epochs, round(used.ru_utime + used.ru_stime, 2), used.ru_maxrss // 1024)


def run(
    courses: Sequence[str],
    timesteps: Sequence[int] = (),
    rounds: int = 3,
    limit: float = 3600.0,
    implementations: Sequence[str] | None = None,
    data_dir: Path | None = None,
    progress: Say = lambda _: None,
) -> list[Result]:
    """Each library's result on each course and at each of `timesteps` (default: the course's), the fastest first.

    limit: seconds after which a run is ended. Raises HarnessError for an unknown course or implementation.
    """
    for course in courses:
        named("course", course, COURSES)
    results: list[Result] = []
    for course in courses:
        for t in timesteps or (COURSES[course].timesteps,):
            best: dict[str, Result] = {}
            for library in (i for i in chosen(implementations) if i.kind != "matmuls"):
                first = Result(course, t, library.name, library.missing or "reached")
                result = again(first, limit, data_dir, progress)
                best[result.library] = min(best.get(result.library, result), result, key=lambda r: r.median)
            for name in [name for name in best for _ in range(rounds - 1)]:
                best[name] = again(best[name], limit, data_dir, progress)
            results += sorted(best.values(), key=lambda r: r.median)
    return results


def again(result: Result, limit: float, data_dir: Path | None, progress: Say) -> Result:
    """`result` with one more run, if the earlier ones reached the target."""
    if result.status != "reached":
        return result
    progress(f"{result.course}, T = {result.timesteps}: {result.implementation}")
    arguments = result.course, str(result.timesteps), result.implementation, str(data_dir or "")
    start = time.perf_counter()
    try:
        command = [sys.executable, "-m", "bench.race", *arguments]
        process = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=limit, check=True)
    except subprocess.TimeoutExpired:
        return msgspec.structs.replace(result, status=f"not within {limit:.0f} s")
    except subprocess.CalledProcessError as error:
        last = (error.stderr.decode().splitlines() or ["no word"])[-1]
        return msgspec.structs.replace(result, status=f"failed: {last}")
    seconds, reply = round(time.perf_counter() - start, 2), msgspec.json.decode(process.stdout, type=Answer)
    arrived = reply.accuracy >= COURSES[result.course].target
    return msgspec.structs.replace(
        result,
        status="reached" if arrived else f"{reply.accuracy:.2%} after {reply.epochs:.2g} epochs",
        seconds=(*result.seconds, seconds),
        answers=(*result.answers, reply),
    )


def table(results: Sequence[Result]) -> str:
    """A row for each result in Markdown; medians, and the factor of the time to ours."""
    lines = ["| data, T | library | runs | seconds | processor seconds | peak MiB | epochs | accuracy | time / ours |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    ours = {(r.course, r.timesteps): r.median for r in results if r.library == "ours"}
    for r in results:
        numbers = f"{r.status} | – | – | – | – | –"
        if r.status == "reached":
            cpu, peak = (statistics.median(getattr(a, of) for a in r.answers) for of in ("cpu_seconds", "peak_mib"))
            factor = r.median / ours.get((r.course, r.timesteps), float("nan"))
            numbers = f"{r.median:.1f} | {cpu:.1f} | {peak:.0f} | {r.answers[-1].epochs:.2g}"
            numbers += f" | {r.answers[-1].accuracy:.2%} | {factor:.2f}"
        lines.append(f"| {r.course}, {r.timesteps} | {r.implementation} | {len(r.answers)} | {numbers} |")
    return "\n".join(lines)


def save(results: Sequence[Result], out: Path, page: Path | None = None) -> None:
    """Write race.json, race.svg and race.png into `out`; into `page`, between its marks, the table and the plot.

    What the same machine measured of other courses, timesteps and libraries is kept.
    """
    facts, panels = machine([one for one in chosen(None) if not one.missing]), dict[str, Lines]()
    if (file := out / "race.json").exists() and (before := json.loads(file.read_bytes()))["machine"] == facts:
        ran = {(r.course, r.timesteps, r.library) for r in results}
        kept = msgspec.convert(before["results"], list[Result])
        results = [*(r for r in kept if (r.course, r.timesteps, r.library) not in ran), *results]
        results.sort(key=lambda r: (list(COURSES).index(r.course), r.timesteps, r.median))
    for r in sorted(results, key=lambda r: r.timesteps):
        if r.status == "reached":
            panels.setdefault(r.course, {}).setdefault(r.library, []).append((r.timesteps, r.median))
    drawing = drawn(panels, "Seconds to a trained network", "seconds", msgspec.to_builtins(results))
    write(out, "race", {"machine": facts, "results": results}, drawing)
    if page is not None:
        plot = f"![Seconds to a trained network]({os.path.relpath(out / 'race.svg', page.parent)})"
        onto_page(page, "race", facts, table(results), plot)


if __name__ == "__main__":
    print(json.dumps(msgspec.to_builtins(answer(*sys.argv[1:]))))
