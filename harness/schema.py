"""What a record says: the schema of the JSON file that one finished or failed cell leaves behind."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from harness.config import CellConfig, Count, Natural

SCHEMA_VERSION = 4
Operations = Annotated[int, Meta(ge=0, le=2**53)]
Amount = Annotated[float, Meta(ge=0, le=1e100)]
Step = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,4}\Z")]  # a timestep as the key of a JSON object


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):  # decides no number
    """`correct[t]` of `total` test images are classified rightly after t + 1 timesteps."""

    correct: list[Natural]
    total: Count


class Epoch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):  # decides no number
    """One epoch of training: mean loss, and the final-timestep test result after it."""

    loss: float
    correct: Natural
    total: Count


class LayerActivity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):  # decides no number
    """Operations of one weighted layer for one image, measured on the test set (§4, eq. 13).

    `macs`: multiply-accumulates of the ANN; `accumulates`: additions of the SNN over all timesteps, each
    caused by one measured non-zero input; `multiplies`: True where the input is not spikes but graded values;
    `neurons` and `spikes`: of the layer's own output, summed over timesteps (None for the output layer).
    """

    name: str
    macs: Operations
    accumulates: Amount
    multiplies: bool
    neurons: Operations
    spikes: Amount | None


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of a cell's trained weights, which lies beside its record, and the SHA-256 of that file."""

    file: Annotated[str, Meta(pattern=r"^seed-[0-9]{4,10}\.safetensors\Z")]
    sha256: str


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The machine that computed: what of it can change a rounding. No name of a host or a user.

    `instructions`: the vector and matrix extensions that torch's products choose among, e.g. "amx_bf16".
    """

    processor: str
    instructions: list[str]
    cores: int
    accelerator: str = ""


class CellResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):  # decides no number
    """What a cell computed, as plain numbers.

    `encoder_state`: the encoder's fitted statistics; `encoder_operations`: its arithmetic for one image;
    `encoder_macs`: how much of it is multiply–accumulates, the rest being additions.
    `ann_epochs`, `epochs`: of pre-training and of fine-tuning; `balanced`: straight after threshold balancing.
    `curve`: the final result on the test set; `sample_curve`: the same on a fixed sample of training images.
    `on_the_way`: test counts after a fraction of fine-tuning, such as "0.125".
    `products`: "dense" or "events" of each hidden layer where their activity decided.
    What a method has not computed is None or empty.
    `layers`: operations and spikes of each weighted layer.
    """

    encoder_state: dict[str, Any]
    encoder_operations: Amount
    encoder_macs: Amount
    thresholds: list[float]
    ann_epochs: list[Epoch]
    curve: Counts
    layers: list[LayerActivity]
    balanced: Counts | None = None
    epochs: list[Epoch] = []
    sample_curve: Counts | None = None
    on_the_way: dict[str, Counts] = {}
    products: list[str] = []


class Evaluated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The test of a trained network under other conditions: its `curve`, and which images were right as in a record."""

    curve: Counts
    right: dict[Step, str]


class Fingerprint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a record depends on: `digest` is SHA-256 over `recipe`, `data` and `numerics`, digests themselves.

    `numerics` covers every definition that the cell reaches (`harness.records.fingerprint`). `modules` has a digest of
    the reached part of each module; it explains a change and decides nothing. `device`: whose kernels count.
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


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Everything one cell computed (see `CellResult`), and how. Integer counts, never percentages.

    A field at its default is not written, so that records of before a field existed keep their digest.
    `right`: by timestep, one bit a test image, 1 where it is classified rightly: base64 of `numpy.packbits`, in the
        data set's canonical order. Of the last timestep and of each that a claim is about.
    `evaluations`: by the text in the configuration, the test under those conditions.
    `threads`: of torch and Numba; `machine`: what computed it.
    """

    config: CellConfig
    fingerprint: Fingerprint
    status: Literal["done", "failed"]
    environment: dict[str, str]
    timings: dict[str, Amount]
    encoder_state: dict[str, Any] = {}
    encoder_operations: Amount | None = None
    encoder_macs: Amount | None = None
    thresholds: list[float] = []
    ann_epochs: list[Epoch] = []
    balanced: Counts | None = None
    epochs: list[Epoch] = []
    curve: Counts | None = None
    sample_curve: Counts | None = None
    right: dict[Step, str] = {}
    evaluations: dict[str, Evaluated] = {}
    on_the_way: dict[str, Counts] = {}
    layers: list[LayerActivity] = []
    products: list[str] = []
    failure: Failure | None = None
    weights: Weights | None = None
    threads: Natural | None = None
    machine: Machine | None = None
    schema_version: int = 0
    digest: str = ""
