"""python -m tests.benchmarks.load: sends one request again and again over kept connections; prints what came of it.

Reads JSON from standard input: host, port, request (text), connections, seconds; writes JSON: answers a second, and
milliseconds of the median and of the slowest hundredth. A process of its own, so that it shares no lock with a server.
"""

import asyncio
import json
import sys
import time

import uvloop


async def _repeat(host: str, port: int, requests: list[bytes], until: float, taken: list[float]) -> None:
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 22)
    turn = 0
    while (began := time.perf_counter()) < until:
        writer.write(requests[turn % len(requests)])
        turn += 1
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise SystemExit(f"answered {head[:200]!r}")
        if b"transfer-encoding: chunked" in head.lower():
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readexactly(2)
        else:
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.split(b":")[1]))
        taken.append(time.perf_counter() - began)
    writer.close()


async def _measure(given: dict) -> dict:
    taken: list[float] = []
    requests = [request.encode() for request in given["requests"]]
    began = time.perf_counter()
    until = began + given["seconds"]
    await asyncio.gather(
        *[
            _repeat(given["host"], given["port"], requests[number :: given["connections"]] or requests, until, taken)
            for number in range(given["connections"])
        ]
    )
    lasted = time.perf_counter() - began
    taken.sort()
    return {
        "rate": len(taken) / lasted,
        "median": taken[len(taken) // 2] * 1000,
        "p99": taken[len(taken) * 99 // 100] * 1000,
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(_measure(json.load(sys.stdin)))))
