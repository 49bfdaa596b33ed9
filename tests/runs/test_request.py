"""What a request asks for that cannot be is refused before anything is trained."""

from pathlib import Path

import pytest

from harness.catalogue import Arm, Catalogue, Experiment, Profile
from harness.config import AnnRecipe, EncoderSpec, NetworkSpec, SnnRecipe
from harness.errors import HarnessError
from harness.machine.process import Threads
from harness.runs.executors.choice import Where
from harness.runs.request import Request, prepare
from harness.snn.neuron import Kernel

PROFILE = Profile("lite", NetworkSpec("tiny", hidden=(4,)), AnnRecipe(1, 32, 0.1, 1), SnnRecipe(1, 32))
EXPERIMENT = Experiment(
    "invented", "Invented", "§0", "digits", (Arm("only", EncoderSpec("dct"), 2, "only"),), (PROFILE,)
)


def test_a_task_of_slurm_computes_with_the_processors_it_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.runs.request.threads_of", lambda *_: Threads(1))
    asked = Request("invented", results=tmp_path, where=Where("slurm", slurm=("cpus_per_task=3",)))
    assert prepare(asked, Catalogue((), (EXPERIMENT,))).threads.count == 3


@pytest.mark.parametrize(("kernel", "device"), [("numba", "cuda"), ("events", "cuda"), ("triton", "cpu")])
def test_a_kernel_of_another_device_is_refused(tmp_path: Path, kernel: Kernel, device: str) -> None:
    asked = Request("invented", device=device, kernel=kernel, results=tmp_path, where=Where("slurm"))
    with pytest.raises(HarnessError, match=f"the {kernel} kernel"):
        prepare(asked, Catalogue((), (EXPERIMENT,)))
