"""The ANN with which a cell began: from the cache of ANNs, or trained again as the cell's record says."""

from harness.data.cache import folder
from harness.data.types import DataSet
from harness.records.fingerprint import ann_code
from harness.records.weights import Tensors, WeightsFile
from harness.runs.predict import restore
from harness.runs.verify import recorded_threads
from harness.schema import Epoch, Record
from harness.snn.network import Network
from harness.training.ann import AnnCache, AnnRequest, pretrained
from harness.training.batches import generator
from harness.training.cell import DTYPES
from harness.training.checkpoint import SILENT


def own_ann(found: WeightsFile, record: Record, data: DataSet) -> tuple[WeightsFile, Epoch]:
    """`found` with the weights of its cell's ANN in place of the SNN's; the last epoch of that ANN.

    `data` is that of the cell. Trained on the CPU, with the record's threads, where the cache has no such ANN.
    """
    config = record.config
    encoder = restore(found).encoder
    draws = generator(config.seed, "initial-weights")
    network = Network(config.network, found.about.shape, data.classes, draws, config.ann.initialisation)
    anns = AnnCache(folder("anns"), ann_code())
    with recorded_threads(record):
        epochs = pretrained(AnnRequest(network, encoder, data, config, DTYPES[config.precision]), anns, SILENT)
    weights: Tensors = {f"weights.{index}": weight.detach().numpy() for index, weight in enumerate(network.weights)}
    return found._replace(tensors={**found.tensors, **weights}), epochs[-1]
