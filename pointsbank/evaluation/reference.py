"""The evaluation as the sheet that a branch takes to its meeting: a reference, never a grade."""

from collections.abc import Callable, Iterator
from datetime import datetime

from pointsbank.core import clock
from pointsbank.core.errors import say
from pointsbank.evaluation.queries import Evaluation
from pointsbank.evaluation.rules import (
    HOURS_ROUNDED,
    REFERENCE_ONLY,
    RELATION_NAMES,
    Column,
    hour_tenths,
)
from pointsbank.evaluation.sheet import Kind, Sheet, SheetColumn
from pointsbank.members.rules import PARTY_STATUS_NAMES, PartyStatus

Tell = Callable[[str], str]

TITLE = say("%(org)s%(year)s年度评议参考表")
_PEOPLE = (
    (say("序号"), Kind.NUMBER, 5.5),
    (say("志愿者编号"), Kind.TEXT, 14),
    (say("姓名"), Kind.TEXT, 10),
    (say("政治面貌"), Kind.TEXT, 10),
)
_SUM, _COUNT = say("合计"), say("%(count)s人")
_ERASED = say("（已删除）")
_SEALED = say("已于%(at)s封存，封存校验值：%(digest)s")
_OPEN = say("尚未封存，统计截至%(at)s。")


def reference_sheet(found: Evaluation, tell: Tell, *, at: datetime) -> Sheet:
    """The sheet in the reader's language; ``tell`` translates.

    A sealed year's is the same at whatever instant ``at``.
    """
    dated = found.seal.sealed_at if found.seal else at
    columns = [SheetColumn(tell(label), kind, width) for label, kind, width in _PEOPLE]
    columns += [_figure_column(column, tell) for column in found.columns]
    seal = told_seal(found, tell, at=at)
    relation = tell(RELATION_NAMES[found.relation])
    return Sheet(
        name=str(found.year),
        title=tell(TITLE) % {"org": found.org_name, "year": found.year},
        notes=(tell(REFERENCE_ONLY), f"{relation} · {tell(HOURS_ROUNDED)}", seal),
        columns=columns,
        rows=_rows(found, tell),
        sums=[
            tell(_SUM),
            tell(_COUNT) % {"count": len(found.people)},
            None,
            None,
            *_shown_sums(found),
        ],
        dated=dated,
        frozen_columns=3,
        footer=seal,
    )


def told_column(column: Column, tell: Tell) -> str:
    """A column's label in the reader's language, part by part: 党员积分·环境整治."""
    return "·".join(tell(part) for part in column.label.split("·"))


def told_status(party_status: str, tell: Tell) -> str:
    return tell(PARTY_STATUS_NAMES[PartyStatus(party_status)])


def told_name(name: str, tell: Tell) -> str:
    return name or tell(_ERASED)


def told_seal(found: Evaluation, tell: Tell, *, at: datetime) -> str:
    """Since when the year is sealed and with which digest, or that it is not."""
    if found.seal is None:
        return tell(_OPEN) % {"at": _written(at)}
    return tell(_SEALED) % {"at": _written(found.seal.sealed_at), "digest": found.seal.digest}


def _written(instant: datetime) -> str:
    return clock.local(instant).strftime("%Y-%m-%d %H:%M")


def _figure_column(column: Column, tell: Tell) -> SheetColumn:
    kind = Kind.HOURS if column.unit == "minutes" else Kind.NUMBER
    return SheetColumn(told_column(column, tell), kind, 9)


def _shown(column: Column, figure: int) -> int:
    return hour_tenths(figure) if column.unit == "minutes" else figure


def _shown_sums(found: Evaluation) -> list[int | None]:
    pairs = zip(found.columns, found.sums, strict=True)
    return [None if total is None else _shown(column, total) for column, total in pairs]


def _rows(found: Evaluation, tell: Tell) -> Iterator[list[str | int | None]]:
    statuses = {status.value: tell(name) for status, name in PARTY_STATUS_NAMES.items()}
    hours = [place for place, column in enumerate(found.columns) if column.unit == "minutes"]
    for person in found.people:
        figures: list[str | int | None] = list(person.line.figures)
        for place in hours:
            figures[place] = hour_tenths(person.line.figures[place])
        yield [
            person.position + 1,
            person.number,
            told_name(person.name, tell),
            statuses[person.line.party_status],
            *figures,
        ]
