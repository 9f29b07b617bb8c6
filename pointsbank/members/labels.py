"""Sheets of sticky labels that volunteer cards are printed on, as they are sold everywhere."""

from dataclasses import dataclass
from enum import StrEnum

from pointsbank.core.errors import Invalid, say


class Labels(StrEnum):
    """A sheet by the size of its labels in millimetres, and how many there are on A4."""

    SMALL = "70x37-24"
    WIDE = "99x38-14"
    LARGE = "99x68-8"


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """Where the labels of an A4 sheet lie, in millimetres: from its top left corner, row by row."""

    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    gap: float = 0

    @property
    def count(self) -> int:
        return self.columns * self.rows

    @property
    def size(self) -> str:
        return f"{self.width:g} × {self.height:g}"


SHEETS = {
    Labels.SMALL: LabelSheet(3, 8, 70, 37, 0, 0.5),
    Labels.WIDE: LabelSheet(2, 7, 99.1, 38.1, 4.65, 15.15, 2.5),
    Labels.LARGE: LabelSheet(2, 4, 99.1, 67.7, 4.65, 13.1, 2.5),
}


class NoSuchLabel(Invalid):
    sentence = say("这种标签纸只有 %(count)s 张标签。")
