"""The old format of Excel 97, written by hand: one sheet in an OLE container, as [MS-XLS] and
[MS-CFB] have it.
"""

import struct
from collections.abc import Sequence

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def xls(rows: Sequence[Sequence[str | float]]) -> bytes:
    """A workbook of one sheet; texts and numbers."""
    return _container(_stream(rows))


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _bof(kind: int) -> bytes:
    return _record(0x809, struct.pack("<HHHHII", 0x600, kind, 0, 0, 0, 0))


def _stream(rows: Sequence[Sequence[str | float]]) -> bytes:
    name = "名册".encode("utf-16-le")
    cells = b"".join(
        _cell(at, place, value) for at, row in enumerate(rows) for place, value in enumerate(row)
    )
    end = _record(0x0A, b"")
    dimensions = _record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    sheet = _bof(0x10) + dimensions + cells + end
    bound = struct.pack("<IBBBB", 0, 0, 0, 2, 1) + name
    offset = len(_bof(0x05)) + len(_record(0x85, bound)) + len(end)
    bound = struct.pack("<IBBBB", offset, 0, 0, 2, 1) + name
    return _bof(0x05) + _record(0x85, bound) + end + sheet


def _cell(row: int, column: int, value: str | float) -> bytes:
    head = struct.pack("<HHH", row, column, 0)
    if isinstance(value, str):
        text = value.encode("utf-16-le")
        return _record(0x204, head + struct.pack("<HB", len(text) // 2, 1) + text)
    return _record(0x203, head + struct.pack("<d", value))


def _container(stream: bytes) -> bytes:
    """Header, the stream's sectors, the directory, the table of sectors."""
    stream = stream.ljust(4096, b"\0")  # shorter ones would live in a smaller table
    count = -(-len(stream) // _SECTOR)
    directory, table = count, count + 1
    chain = [*range(1, count), _END, _END, _FAT]
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(_SECTOR, b"\xff")
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, directory, 0, 4096, _END, 0, _END, 0,
    )  # fmt: skip
    header += struct.pack("<109I", table, *[_FREE] * 108)
    root = _entry("Root Entry", 5, 1, _END, 0)
    book = _entry("Workbook", 2, _FREE, 0, len(stream))
    entries = (root + book).ljust(_SECTOR, b"\0")
    return header + stream.ljust(count * _SECTOR, b"\0") + entries + fat


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ", text, len(text), kind, 1, _FREE, _FREE, child, b"", 0, 0, 0, start,
        size,
    )  # fmt: skip
