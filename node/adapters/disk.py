"""What has to survive a power cut."""

import os
from pathlib import Path


def on_disk(path: Path) -> None:
    """Return when a file, or what a folder holds by name, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
