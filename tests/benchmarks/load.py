"""Posts one check-in for each token, from so many clients at once over kept-alive raw sockets.

``python load.py PORT CLIENTS CODE < tokens`` prints seconds, statuses and waits as JSON. A process
of its own, without an HTTP library: what it uses is not left for the server.
"""

import json
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator

_REQUEST = (
    "POST /api/v1/check-ins HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
)


def requests(tokens: list[str], code: str) -> list[bytes]:
    """Ready to be sent, made before the clock starts."""
    ready = []
    for number, token in enumerate(tokens):
        body = json.dumps({"code": code, "key": f"client-key-{number}-{token[:12]}"})
        ready.append(_REQUEST.format(token=token, length=len(body), body=body).encode())
    return ready


class Client:
    """One kept-alive connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.came = b""
        self.asked_at = 0.0

    def ask(self, request: bytes) -> None:
        self.came = b""
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)

    def answered(self) -> int:
        """The status once the whole answer is here, else 0."""
        more = self.socket.recv(65_536)
        if not more:
            raise ConnectionError("the server closed the connection")
        self.came += more
        head, blank, body = self.came.partition(b"\r\n\r\n")
        if not blank:
            return 0
        lowered = head.lower()
        at = lowered.index(b"content-length:") + 15
        length = int(lowered[at:].split(b"\r\n", 1)[0])
        return int(head[9:12]) if len(body) >= length else 0


def drive(
    port: int, clients: int, work: Iterator[bytes]
) -> tuple[float, Counter[int], list[float]]:
    """Send all the work; the seconds it took, how many of which status, each answer's wait."""
    waiting = selectors.DefaultSelector()
    for client in [Client(port) for _ in range(clients)]:
        waiting.register(client.socket, selectors.EVENT_READ, client)
    answers: Counter[int] = Counter()
    waits: list[float] = []
    begun = time.perf_counter()
    under_way = 0
    for key in list(waiting.get_map().values()):
        if (request := next(work, None)) is not None:
            key.data.ask(request)
            under_way += 1
    while under_way:
        for key, _ in waiting.select():
            client = key.data
            status = client.answered()
            if not status:
                continue
            answers[status] += 1
            waits.append(time.perf_counter() - client.asked_at)
            if (request := next(work, None)) is not None:
                client.ask(request)
            else:
                under_way -= 1
    return time.perf_counter() - begun, answers, waits


def main() -> None:
    port, clients, code = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    ready = requests(sys.stdin.read().split(), code)
    seconds, answers, waits = drive(port, clients, iter(ready))
    waits.sort()
    told = {
        "seconds": seconds,
        "answers": answers,
        "median_ms": waits[len(waits) // 2] * 1000,
        "p99_ms": waits[len(waits) * 99 // 100] * 1000,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
