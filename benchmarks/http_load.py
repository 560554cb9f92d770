"""A load generator that costs little beside what it loads: prepared bytes over kept sockets."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

RESPONSE_SECONDS_MAX = 60


@dataclass(slots=True)
class Outcome:
    """How long the whole load took, how long each request took, and how many were refused."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: int = 0

    def percentile(self, share: float) -> float:
        """Return the latency in seconds that `share` of the requests kept."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def request(path: str, key: str, body: object) -> bytes:
    """Write a whole POST request."""
    payload = msgspec.json.encode(body)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Klaviyo-API-Key {key}\r\n"
        "revision: 2026-10-15\r\nContent-Type: application/vnd.api+json\r\n"
        f"Content-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


async def load(port: int, requests: Sequence[bytes], *, connections: int) -> Outcome:
    """Send every request once, each connection one at a time."""
    outcome = Outcome()
    remaining = iter(requests)
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    start = time.perf_counter()
    async with asyncio.timeout(RESPONSE_SECONDS_MAX * 10), asyncio.TaskGroup() as group:
        for reader, writer in opened:
            group.create_task(_send(reader, writer, remaining, outcome))
    outcome.seconds = time.perf_counter() - start
    for _, writer in opened:
        writer.close()
    return outcome


async def _send(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    remaining: Iterator[bytes],
    outcome: Outcome,
) -> None:
    for prepared in remaining:
        start = time.perf_counter()
        writer.write(prepared)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 202"):
            outcome.refused += 1
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length or 0))
        outcome.latencies.append(time.perf_counter() - start)
