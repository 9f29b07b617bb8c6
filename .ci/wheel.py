"""Builds the wheel, installs it alone in a new environment, starts the demo in another folder."""

import json
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
READY_SECONDS = 60


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        _run(sys.executable, "-m", "build", "--wheel", "--outdir", str(scratch), str(ROOT))
        wheel = next(scratch.glob("*.whl"))
        venv.create(scratch / "venv", with_pip=True)
        _run(str(scratch / "venv/bin/pip"), "install", "-q", str(wheel))
        elsewhere = scratch / "elsewhere"
        elsewhere.mkdir()
        _demo_serves(scratch / "venv/bin/pointsbank", elsewhere)


def _demo_serves(pointsbank: Path, folder: Path) -> None:
    port = _free_port()
    demo = subprocess.Popen(
        [pointsbank, "demo", "--data", "bank", "--port", str(port)],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        health = _get(f"http://127.0.0.1:{port}/healthz")
        assert json.loads(health) == {"status": "ok"}, health
        page = _get(f"http://127.0.0.1:{port}/sign-in")
        for asset in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
            assert _get(f"http://127.0.0.1:{port}{asset}"), asset
        _run(str(pointsbank), "ledger", "verify", "--data", str(folder / "bank"))
    finally:
        demo.terminate()
        demo.wait(20)


def _get(url: str) -> str:
    until = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.3)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(*command: str) -> None:
    print("$", *command, flush=True)
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
