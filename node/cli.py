"""The `allmende` command: everything an operator does. What each part does is in `node.commands`.

Exit codes: 0 done, 1 refused or failed with a message that says what to do, 2 wrong usage.
"""

from node.commands import (  # noqa: F401 each adds its commands
    backups,
    bridges,
    erasures,
    guests,
    house,
    inspection,
    members,
    organisation,
    protection,
    running,
)
from node.commands.shared import main

__all__ = ["main"]
