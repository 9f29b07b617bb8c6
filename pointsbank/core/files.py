"""Files and folders that are there whole or not at all."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pointsbank.core.errors import Conflict, Refused, say


class TargetExists(Conflict):
    """What is there is never written over."""

    sentence = say("%(path)s 已经存在，不会覆盖，请换个名字。")


class TargetBusy(Conflict):
    """Another process is writing the same thing."""

    sentence = say("另一个进程正在写 %(path)s，请稍后再试。")


class DiskFull(Refused):
    sentence = say("磁盘空间不足，没有写成 %(path)s，也没有留下不完整的文件。")


class NotWritten(Refused):
    """The operating system or the database refused, for a reason of its own."""

    sentence = say("没有写成 %(path)s，也没有留下不完整的文件：%(problem)s")


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """Give a place to write to, for its owner alone; after the body it becomes ``target``, durably.

    A body that raises leaves nothing, and a process that is killed nothing under the target's name:
    what it did leave, ``.name.part``, the next one clears. Refuses ``TargetExists``,
    ``TargetBusy``, and for an ``OSError`` ``DiskFull`` or ``NotWritten``.
    """
    workshop = target.with_name(f".{target.name}.part")
    place = workshop / target.name
    try:
        with _alone(workshop, target):
            if target.exists():
                raise TargetExists(path=target)
            yield place
            _sync(place)
            place.chmod(0o700 if place.is_dir() else 0o600)
            place.rename(target)
            _sync_one(target.parent)
    except OSError as failure:
        if failure.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(path=target) from failure
        raise NotWritten(path=target, problem=failure.strerror or failure) from failure


@contextmanager
def _alone(workshop: Path, target: Path) -> Iterator[None]:
    """Hold the workshop, emptied; it is removed afterwards."""
    workshop.mkdir(mode=0o700, exist_ok=True)
    held = os.open(workshop, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TargetBusy(path=target) from None
        if not os.path.samestat(os.fstat(held), workshop.stat()):  # its holder has just removed it
            raise TargetBusy(path=target)
        for path in workshop.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        try:
            yield
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    finally:
        os.close(held)


def _sync(path: Path) -> None:
    """Give a file, or a folder with its files, to the disk."""
    if path.is_dir():
        for inside in path.iterdir():
            _sync(inside)
    _sync_one(path)


def _sync_one(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
