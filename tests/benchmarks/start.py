"""python -m tests.benchmarks.start: seconds from the command to the first answer, and the memory it then holds."""

import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

from node.fleet import Node
from tests.benchmarks.setting import machine

_REST_SECONDS = 3.0


async def measure(times: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        node = Node("bench", Path(folder))
        first = await node.start()
        await node.stop()
        again = []
        for _ in range(times):
            again.append(await node.start())
            if len(again) < times:
                await node.stop()
        await asyncio.sleep(_REST_SECONDS)
        idle = resident(node)
        await node.stop()
    print(f"{'first start s':>14} {'cold start s':>13} {'worst s':>8} {'idle MB':>8}")
    print(f"{first:>14.2f} {statistics.median(again):>13.2f} {max(again):>8.2f} {idle:>8.0f}")


def resident(node: Node) -> float:
    """Return the resident memory of a node's process in MB."""
    assert node.process is not None
    status = Path(f"/proc/{node.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    machine()
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
