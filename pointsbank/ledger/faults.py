"""What verifying may find: a row that is not as it was written."""

from dataclasses import dataclass

from pointsbank.core.errors import say

SENTENCES = {
    "changed": say("%(table)s 第 %(row_id)s 行在封存后被改动。"),
    "missing": say("%(table)s 第 %(row_id)s 行在封存后被删除。"),
    "added": say("%(table)s 第 %(row_id)s 行是封存后插入的。"),
    "chain": say("%(table)s 第 %(row_id)s 行与前后的封存连不上。"),
    "balance": say("%(table)s 第 %(row_id)s 行的余额或序号与往来不符。"),
    "floor": say("%(table)s 第 %(row_id)s 行使余额低于允许的下限。"),
    "unit": say("%(table)s 第 %(row_id)s 行的计量单位与账户不符。"),
    "reversal": say("%(table)s 第 %(row_id)s 行冲正了不该冲正的，或冲多了。"),
    "text": say("%(table)s 第 %(row_id)s 行的文字被改动。"),
    "period": say("%(table)s 第 %(row_id)s 行在结账后记入了已结账期。"),
    "sheet": say("%(table)s 第 %(row_id)s 行的结账余额与往来不符。"),
    "cap": say("%(table)s 第 %(row_id)s 行与账不符，或超过了上限。"),
    "hold": say("%(table)s 第 %(row_id)s 行预留的了结与账不符。"),
    "seal": say("%(table)s 第 %(row_id)s 行与公布的封存不符。"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """The first row that differs; ``what`` is a key of ``SENTENCES``."""

    what: str
    table: str
    row_id: int

    @property
    def sentence(self) -> str:
        return SENTENCES[self.what] % {"table": self.table, "row_id": self.row_id}


class Found(Exception):
    """Stops the reading at the first fault."""

    def __init__(self, what: str, table: str, row_id: int) -> None:
        super().__init__(what)
        self.fault = Fault(what, table, row_id)
