"""What an import keeps of its workbook: rows and findings, sealed in chunks."""

import json
import zlib
from base64 import b85decode, b85encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pointsbank.core.encryption import seal, unseal
from pointsbank.enrolment.headings import Column
from pointsbank.enrolment.rules import Finding, Judgement, Trouble, Verdict


@dataclass(frozen=True, slots=True)
class Head:
    """What a workbook shows down to its headings; ``rows[-1]`` are the headings."""

    sheet: str
    others: Sequence[str]
    rows: Sequence[Sequence[str]]
    width: int

    @property
    def headings(self) -> list[str]:
        last = list(self.rows[-1])
        return last + [""] * (self.width - len(last))


def sealed(value: Any) -> bytes:
    """Any JSON, pressed and sealed."""
    pressed = zlib.compress(json.dumps(value, ensure_ascii=False).encode(), 1)
    return seal(b85encode(pressed).decode())


def opened(value: bytes) -> Any:
    return json.loads(zlib.decompress(b85decode(unseal(value))))


def head_sealed(head: Head) -> bytes:
    return sealed([head.sheet, list(head.others), [list(row) for row in head.rows], head.width])


def head_opened(value: bytes) -> Head:
    return Head(*opened(value))


def judgements_sealed(judgements: Iterable[Judgement]) -> bytes:
    return sealed([[j.verdict, [[f.trouble, f.facts] for f in j.findings]] for j in judgements])


def judgements_opened(value: bytes | None) -> list[Judgement]:
    return [
        Judgement(Verdict(verdict), tuple(Finding(Trouble(t), facts) for t, facts in findings))
        for verdict, findings in (opened(value) if value else ())
    ]


def cells(row: Sequence[str], columns: Sequence[Column]) -> Mapping[Column, str]:
    """What a row says, by column; an ignored one says nothing."""
    return {
        column: text
        for column, text in zip(columns, row, strict=False)
        if text and column is not Column.IGNORED
    }
