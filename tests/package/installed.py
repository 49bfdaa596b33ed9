"""The installed program, run as a user runs it."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Installed:
    """An environment that has the program."""

    environment: Path

    def harness(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`harness ARGUMENTS` in `folder`, with nothing of this repository on the path."""
        return self._run(folder, str(self.environment / "bin/harness"), *arguments)

    def python(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Its Python in `folder`."""
        return self._run(folder, str(self.environment / "bin/python"), *arguments)

    def _run(self, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HARNESS_D"))}
        return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
