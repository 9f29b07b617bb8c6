"""People who come to a door by the clock, whether or not those before them are done: each on a
connection of her own opens the poster's page, checks in, and sees the answer.

``python crowd.py PORT CODE RATE < tokens`` prints each request's waits in milliseconds as JSON. A
wait begins when the person wants something, not when the connection was free for it.
"""

import asyncio
import json
import random
import re
import sys
import time
from typing import Any
from urllib.parse import urlencode

_CLAIM = re.compile(rb'name="claim" value="([^"]+)"')
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
STEPS = ("the page", "the check-in", "the answer")


class Phone:
    """One signed-in volunteer's browser."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        self.reader: Any = None
        self.writer: Any = None

    async def check_in(self, code: str, wanted_at: float, waits: dict[str, list[float]]) -> None:
        begun = wanted_at
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        body = b""
        for step, line in zip(STEPS, ("GET", "POST", "GET"), strict=True):
            if line == "POST":
                found = _CLAIM.search(body)
                assert found, body[:300]
                claim = urlencode({"claim": found[1].decode()})
                status, body = await self._ask(f"POST /c/{code}/check-in", claim)
            else:
                status, body = await self._ask(f"GET /c/{code}")
            assert status == (303 if line == "POST" else 200), (step, status, body[:300])
            now = time.perf_counter()
            waits[step].append((now - wanted_at) * 1000)
            wanted_at = now
        assert "签到".encode() in body
        waits["all three"].append((wanted_at - begun) * 1000)
        self.writer.close()

    async def _ask(self, line: str, form: str = "") -> tuple[int, bytes]:
        head = f"{line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n"
        if form:
            head += "Content-Type: application/x-www-form-urlencoded\r\n"
            head += f"Content-Length: {len(form)}\r\n"
        self.writer.write(f"{head}\r\n{form}".encode())
        told = await self.reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(told)
        assert length, told
        return int(told[9:12]), await self.reader.readexactly(int(length[1]))


async def crowd(port: int, code: str, rate: float, tokens: list[str]) -> dict[str, list[float]]:
    """So many a second at random moments; a rate of 0 is everybody at once."""
    waits: dict[str, list[float]] = {step: [] for step in (*STEPS, "all three")}
    draw, due = random.Random(2026), time.perf_counter() + 0.2
    coming = []
    for token in tokens:
        due += draw.expovariate(rate) if rate else 0
        coming.append(_arrive(Phone(port, token), code, due, waits))
    await asyncio.gather(*coming)
    return waits


async def _arrive(phone: Phone, code: str, due: float, waits: dict[str, list[float]]) -> None:
    await asyncio.sleep(due - time.perf_counter())  # until she is due, however slow the others are
    await phone.check_in(code, due, waits)


if __name__ == "__main__":
    port, code, rate = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    print(json.dumps(asyncio.run(crowd(port, code, rate, sys.stdin.read().split()))))
