"""Libraries for Node: a script of ours uses them, and prints as JSON what came of it."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.clients.npm import OFFLINE
from tests.clients.program import run
from tests.support.fidelity import Json

SCRIPTS = Path(__file__).parent / "scripts"
Script = Callable[[str], Json]


def script(name: str, modules: Path, folder: Path, url: str) -> Script:
    """A script of ``scripts/``, copied into ``folder`` beside its libraries; called with what it is to do."""
    (folder / "node_modules").symlink_to(modules)
    (folder / name).write_text((SCRIPTS / name).read_text())

    def do(what: str) -> Json:
        done = run(("node", name, what, url), folder, {"HOME": str(folder), **OFFLINE})
        assert done.returncode == 0, done.stderr
        said: Json = json.loads(done.stdout)
        return said

    return do
