"""``uv run python -m bench.soak --minutes N``: the soak of docs/soak.md, from the project's root."""

import sys

from towpath.bench.soak.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
