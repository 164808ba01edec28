"""`python -m agent`: the same as the `menshen` command."""

import sys

from agent.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
