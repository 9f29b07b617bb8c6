"""What a transcript of the book says of itself, and why one is not imported."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from pointsbank.core.errors import Conflict, Invalid, say

FORMAT_VERSION = 1
MANIFEST = "manifest.json"


class ManifestUnreadable(Invalid):
    """An export that was cut off has no manifest."""

    sentence = say("%(path)s 里没有完整的 manifest.json：导出可能没有做完，没有导入任何内容。")


class UnknownTranscript(Invalid):
    """Written by a program that keeps other tables."""

    sentence = say("这份账本抄本的格式（%(found)s）本程序不认识，没有导入任何内容。")


class BookNotEmpty(Conflict):
    """Only a bank without any row in its book, units included, can become the one exported."""

    sentence = say("这家积分银行的账本里已有内容，抄本只能导入新建的积分银行。")


class FileDiffers(Invalid):
    """A file's rows or hash are not those of the manifest."""

    sentence = say("%(file)s 与 manifest.json 不符（缺失、截断或改动过），没有导入任何内容。")


class RowMalformed(Invalid):
    sentence = say("%(file)s 第 %(line)s 行不合规范，没有导入任何内容。")


class RowUnfit(Invalid):
    """The database refused one of the rows read so far: a key twice, a reference to nothing."""

    sentence = say("%(file)s 到第 %(line)s 行为止有重复的行，或所指的行不存在，没有导入任何内容。")


class BookUnsound(Invalid):
    """The imported book does not pass ``verify``."""

    sentence = say("抄本里的账核验不符（%(table)s 第 %(row_id)s 行：%(what)s），没有导入任何内容。")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What is said of one table's file."""

    table: str
    rows: int
    sha256: str

    @property
    def file(self) -> str:
        return f"{self.table}.jsonl"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The tables in the order in which they are imported.

    ``last_seal`` is the line for a public notice, or empty.
    """

    program: str
    units: tuple[str, ...]
    last_seal: str
    tables: tuple[FileEntry, ...]

    @property
    def rows(self) -> int:
        return sum(entry.rows for entry in self.tables)

    @property
    def transfers(self) -> int:
        return sum(entry.rows for entry in self.tables if entry.table == "transfer")

    @property
    def digest(self) -> str:
        return sha256(self.as_json().encode()).hexdigest()

    def as_json(self) -> str:
        said = {"format_version": FORMAT_VERSION, **asdict(self)}
        return json.dumps(said, ensure_ascii=False, indent=1)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """A transcript's own; refuses ``ManifestUnreadable``, ``UnknownTranscript``."""
        try:
            said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            if (found := said["format_version"]) != FORMAT_VERSION:
                raise UnknownTranscript(found=found)
            return cls(
                program=str(said["program"]),
                units=tuple(map(str, said["units"])),
                last_seal=str(said["last_seal"]),
                tables=tuple(
                    FileEntry(str(entry["table"]), int(entry["rows"]), str(entry["sha256"]))
                    for entry in said["tables"]
                ),
            )
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            raise ManifestUnreadable(path=folder) from None
