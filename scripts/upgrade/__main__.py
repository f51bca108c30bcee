"""``uv run python -m scripts.upgrade``: is there something newer, and does it still work?

It tries one package after the other, each alone in a copy of what is committed, and changes nothing here.
Names choose some (``claude-agent-sdk``, ``litellm``, ``npm:cline``). The exit code is 1 if something broke, 2
for a name that is not here, 130 after Ctrl-C.
"""

import argparse
import json
import signal
import sys
from collections.abc import Sequence

from scripts.upgrade.candidates import candidates, chosen
from scripts.upgrade.report import Result, as_json, exit_code, table
from scripts.upgrade.running import Progress
from scripts.upgrade.trial import ROOT, asked_in, try_newest

_INTERRUPTED = 130


def main(words: Sequence[str]) -> int:
    """Try what the words name, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m scripts.upgrade", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="PACKAGE", help="only these; npm:NAME for one from npm")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    asked = parser.parse_args(words)
    try:
        of_these = chosen(candidates(asked_in(ROOT)), asked.names)
    except ValueError as error:
        parser.error(str(error))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a forge that cancels leaves nothing either
    progress, results = Progress(), list[Result]()
    try:
        for candidate in of_these:
            result, output = try_newest(candidate, progress)
            progress.done()
            results.append(result)
            sys.stderr.write(output)
    except KeyboardInterrupt:
        progress.done()
        return _INTERRUPTED
    print(json.dumps(as_json(results), indent=2) if asked.json else table(results))
    return exit_code(results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
