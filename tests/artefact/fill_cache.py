"""Run by the validator's Python: its cache gets RO-Crate's context from the file that the package rocrate ships.

python fill_cache.py CACHE
"""

import io
import sys
from pathlib import Path
from typing import Any

import rocrate
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from urllib3 import HTTPResponse

ADDRESS = "https://w3id.org/ro/crate/1.1/context"


class FromFile(HTTPAdapter):
    """Answers every request with the shipped file, and asks no server."""

    def send(self, request: Any, *_: Any, **__: Any) -> Any:
        """The response to `request`."""
        content = (Path(rocrate.__file__).parent / "data/ro-crate.jsonld").read_bytes()
        headers = {"Content-Type": "application/ld+json"}
        answer = HTTPResponse(io.BytesIO(content), headers, 200, request_url=request.url, preload_content=False)
        return self.build_response(request, answer)


session = CachedSession(sys.argv[1], backend="sqlite")
session.mount("https://", FromFile())
assert session.get(ADDRESS).json()["@context"]
