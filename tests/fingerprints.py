"""Records that are whole and of something else: their fingerprint agrees with what they say."""

import msgspec

from harness.config import CellConfig, canonical_json
from harness.machine.files import content_digest
from harness.records.fingerprint import recipe_digest, whole_digest
from harness.schema import Record


def of_other_code(record: Record, modules: dict[str, str]) -> Record:
    """`record` as code with the contents `modules` would have written it."""
    mark, numerics = record.fingerprint, content_digest(canonical_json(modules))
    whole = whole_digest(mark.recipe, mark.data, numerics)
    other = msgspec.structs.replace(mark, digest=whole, numerics=numerics, modules=modules)
    return msgspec.structs.replace(record, fingerprint=other)


def of_other_recipe(record: Record, config: CellConfig) -> Record:
    """`record` as a cell of `config` would have written it."""
    mark, recipe = record.fingerprint, recipe_digest(config)
    other = msgspec.structs.replace(mark, recipe=recipe, digest=whole_digest(recipe, mark.data, mark.numerics))
    return msgspec.structs.replace(record, config=config, fingerprint=other)
