"""What a record says: the schema of the JSON file that one finished or failed cell leaves behind."""

from typing import Any, Literal

import msgspec

from harness.config import CellConfig

SCHEMA_VERSION = 3  # 3: fingerprints of contents


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`correct[t]` of `total` test images are classified rightly after t + 1 timesteps."""

    correct: list[int]
    total: int


class Epoch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One epoch of training: mean loss, and the final-timestep test result after it."""

    loss: float
    correct: int
    total: int


class LayerActivity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Operations of one weighted layer for one image, measured on the test set (§4, eq. 13).

    `macs`: multiply-accumulates of the ANN; `accumulates`: additions of the SNN over all timesteps, each
    caused by one measured non-zero input; `multiplies`: True where the input is not spikes but graded values;
    `neurons` and `spikes`: of the layer's own output, summed over timesteps (None for the output layer).
    """

    name: str
    macs: int
    accumulates: float
    multiplies: bool
    neurons: int
    spikes: float | None


class Energy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Energy of one image in picojoules, as an ANN and as an SNN over all timesteps with its encoder.

    `accumulate_pj` and `mac_pj` are what one addition and one multiply-accumulate were taken to cost.
    """

    accumulate_pj: float
    mac_pj: float
    ann_pj: float
    snn_pj: float


class Fingerprint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a record depends on: `digest` is SHA-256 over `recipe`, `data` and `numerics`, digests themselves.

    `numerics` is that of the set of contents of `modules`, whose names only explain; `device` says for which kernels.
    """

    digest: str
    recipe: str
    data: str
    numerics: str
    device: Literal["cpu", "cuda"]
    modules: dict[str, str]


class Failure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a cell failed: one line, and the traceback for whoever mends it."""

    reason: str
    traceback: str


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything one cell computed. Integer counts, never percentages."""

    config: CellConfig
    fingerprint: Fingerprint
    status: Literal["done", "failed"]
    environment: dict[str, str]
    timings: dict[str, float]
    encoder_state: dict[str, Any] = {}
    encoder_operations: float | None = None
    thresholds: list[float] = []
    ann_epochs: list[Epoch] = []
    balanced: Counts | None = None
    epochs: list[Epoch] = []
    curve: Counts | None = None
    layers: list[LayerActivity] = []
    energy: Energy | None = None
    failure: Failure | None = None
    schema_version: int = SCHEMA_VERSION
    digest: str = ""
