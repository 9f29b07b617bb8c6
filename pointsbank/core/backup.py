"""A copy of a whole bank, made while it serves, and the way back into an empty place.

The bank's keys are not in it: whoever finds a backup must not find what opens it.
"""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from pointsbank.core import bank
from pointsbank.core.config import Settings
from pointsbank.core.database import Session
from pointsbank.core.encryption import fingerprint
from pointsbank.core.errors import Conflict, NotFound, Refused, say
from pointsbank.core.files import whole
from pointsbank.core.sqlite import driver

_PAGES = 10_000  # a step: between steps the copying can be interrupted


class Damaged(Refused):
    """Not a database of SQLite, or one that its own check finds broken."""

    sentence = say("%(path)s 没有通过完整性检查：%(problem)s")


class BankExists(Conflict):
    """A backup never takes the place of a bank."""

    sentence = say("%(path)s 里已经有积分银行的数据，备份只能恢复到空的文件夹。")


class KeysMissing(NotFound):
    sentence = say("没有密钥文件 %(path)s，请先把另行保管的密钥文件放到这里（权限 600）。")


class KeysDiffer(Conflict):
    """With other keys nobody could sign in and no printed code would be known."""

    sentence = say("密钥文件 %(path)s 不属于这份备份，请放入备份时的密钥文件。")


class NoDumpTool(NotFound):
    sentence = say(
        "这台机器上没有 pg_dump，请安装与数据库同版本的 PostgreSQL 客户端，"
        "或在数据库服务器上执行：pg_dump --format=custom --schema=%(schema)s --file=%(path)s 库名"
    )


class RestoreByPostgres(Conflict):
    sentence = say(
        "PostgreSQL 的备份请恢复到空的数据库：先 psql --command='DROP SCHEMA public' 库名，"
        "再 pg_restore --no-owner --exit-on-error --dbname=库名 %(path)s"
    )


def back_up(settings: Settings, target: Path) -> None:
    """Copy the bank to a new file; it is there whole, checked and durable, or not at all.

    Who writes meanwhile is not kept waiting. On SQLite the file is a database as it stands; on
    PostgreSQL it is ``pg_dump``'s, of the bank's schema. Refuses ``NoDumpTool``, ``Damaged`` and as
    ``core.files.whole``.
    """
    if settings.database.startswith("sqlite"):
        with whole(target) as place:
            _copy(_file(settings), place)
    else:
        tool, schema = shutil.which("pg_dump"), _schema(settings)
        if tool is None:
            raise NoDumpTool(schema=schema, path=target)
        with whole(target) as place:
            _dump(tool, settings, schema, place)


def restore(settings: Settings, file: Path) -> None:
    """Put a backup where a bank on SQLite is to be; its keys are there already.

    Refuses ``RestoreByPostgres``, ``BankExists``, ``KeysMissing``, ``Damaged``, ``KeysDiffer``, and
    as ``core.files.whole``.
    """
    if not settings.database.startswith("sqlite"):
        raise RestoreByPostgres(path=file)
    target = _file(settings)
    if any(target.parent.glob(f"{target.name}*")):  # a WAL left behind would be replayed into it
        raise BankExists(path=target.parent)
    require_keys(settings)
    with whole(target) as place:
        if _copy(file, place) not in {0, fingerprint()}:  # 0: no copy of ours
            raise KeysDiffer(path=settings.keys_file)


def require_keys(settings: Settings) -> None:
    """Use the bank's keys; refuses ``KeysMissing``."""
    if not settings.keys_file.exists():
        raise KeysMissing(path=settings.keys_file)
    bank.use(settings)


@contextmanager
def opened(file: Path) -> Iterator[Session]:
    """A backup from SQLite, to be read as it lies."""
    engine = create_engine(
        f"sqlite:///{file.resolve().as_uri()}?mode=ro&immutable=1&uri=true",
        module=driver(),
        poolclass=NullPool,
    )
    with Session(engine) as session:
        yield session


def _file(settings: Settings) -> Path:
    return Path(make_url(settings.database).database or "").resolve()


def _copy(source: Path, place: Path) -> int:
    """Copy a database of SQLite, check the copy, and answer whose keys it is for."""
    sqlite: Any = driver()
    place.touch(0o600)
    try:
        with (
            closing(sqlite.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as origin,
            closing(sqlite.connect(place, isolation_level=None)) as copy,
        ):
            # In one snapshot: else every commit meanwhile would begin the copying anew.
            origin.isolation_level = None
            origin.execute("BEGIN")
            (stamp,) = origin.execute("PRAGMA user_version").fetchone()
            origin.backup(copy, pages=_PAGES)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, readable anywhere
            (problem,) = copy.execute("PRAGMA quick_check(1)").fetchone()
            if problem != "ok":
                raise Damaged(path=source, problem=problem)
            copy.execute(f"PRAGMA user_version = {fingerprint()}")
            return int(stamp)
    except sqlite.OperationalError as failure:
        full = "full" in str(failure)
        raise OSError(errno.ENOSPC if full else errno.EIO, str(failure)) from failure
    except sqlite.DatabaseError as failure:
        raise Damaged(path=source, problem=failure) from failure


def _schema(settings: Settings) -> str:
    with create_engine(settings.database, poolclass=NullPool).connect() as connection:
        return str(connection.execute(text("SELECT current_schema()")).scalar_one())


def _dump(tool: str, settings: Settings, schema: str, place: Path) -> None:
    from psycopg.conninfo import make_conninfo

    url = make_url(settings.database)
    _, wanted = url.get_dialect()().create_connect_args(url)
    password = wanted.pop("password", None)  # not where other users' ``ps`` shows it
    done = subprocess.run(  # noqa: S603 - no shell; the arguments are the bank's own settings
        [
            tool,
            "--format=custom",
            '--schema="{}"'.format(schema.replace('"', '""')),
            f"--file={place}",
            "--no-password",
            f"--dbname={make_conninfo(**wanted)}",
        ],
        env=os.environ | ({"PGPASSWORD": password} if password else {}),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        full = os.strerror(errno.ENOSPC) in done.stderr
        problem = done.stderr.strip() or f"pg_dump: {done.returncode}"
        raise OSError(errno.ENOSPC if full else errno.EIO, problem)
