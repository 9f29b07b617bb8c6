"""The closure of the tree as it is written: who stands above whom, today and on every day before.

A constant number of statements, however much lies below.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, insert, literal, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pointsbank.core.database import table_of
from pointsbank.orgs.models import FormerReach, Organisation, OrganisationReach
from pointsbank.orgs.queries import among

_table = table_of(Organisation)
_TODAY = ["ancestor_id", "organisation_id", "depth", "from_on"]
_FORMER = ["ancestor_id", "organisation_id", "depth", "from_on", "until_on"]


def place(session: Session, values: Sequence[dict[str, Any]]) -> list[int]:
    """Insert organisations whose parents are placed; their ids in the order of the values.

    Each is below its parent's line from its day of founding on. The parent may have moved since
    that day: then it was below the former line too.
    """
    returning = insert(_table).returning(_table.c.id, sort_by_parameter_order=True)
    founded = list(session.connection().execute(returning, list(values)).scalars())
    itself = [
        {"ancestor_id": org_id, "organisation_id": org_id, "depth": 0, "from_on": row["opened_on"]}
        for org_id, row in zip(founded, values, strict=True)
    ]
    session.connection().execute(insert(OrganisationReach), itself)
    opened_on = col(Organisation.opened_on)
    for table, columns in ((OrganisationReach, _TODAY), (FormerReach, _FORMER)):
        above: Any = aliased(table)
        found = [
            above.ancestor_id,
            col(Organisation.id),
            above.depth + 1,
            _later(above.from_on, opened_on),
        ]
        wanted = among(Organisation.id, founded)
        if table is FormerReach:
            found.append(above.until_on)
            wanted = wanted & (above.until_on >= opened_on)
        rows = (
            select(*found)
            .join(Organisation, col(Organisation.parent_id) == above.organisation_id)
            .where(wanted)
        )
        session.execute(insert(table).from_select(columns, rows))
    return founded


def _later(one: Any, other: Any) -> ColumnElement[date]:
    return case((one > other, one), else_=other)


def move(
    session: Session, org_ids: Collection[int], *, from_id: int | None, to_id: int, on: date
) -> None:
    """From a day on, organisations that stand under one parent stand under another, with all
    below. What ended before that very day began leaves no trace: it never was."""
    moved: Any = aliased(OrganisationReach)
    below = select(moved.organisation_id).where(among(moved.ancestor_id, org_ids))
    line: Any = aliased(OrganisationReach)
    old_line = select(line.ancestor_id).where(line.organisation_id == from_id)
    ending = (
        col(OrganisationReach.organisation_id).in_(below),
        col(OrganisationReach.ancestor_id).in_(old_line),
    )
    ended = select(
        col(OrganisationReach.ancestor_id),
        col(OrganisationReach.organisation_id),
        col(OrganisationReach.depth),
        col(OrganisationReach.from_on),
        literal(on - timedelta(days=1)),
    ).where(*ending, col(OrganisationReach.from_on) < on)
    session.execute(insert(FormerReach).from_select(_FORMER, ended))
    session.execute(
        delete(OrganisationReach).where(*ending), execution_options={"synchronize_session": False}
    )
    above: Any = aliased(OrganisationReach)
    under: Any = aliased(OrganisationReach)
    begun = (
        select(
            above.ancestor_id,
            under.organisation_id,
            above.depth + under.depth + 1,
            _later(literal(on), under.from_on),
        )
        .select_from(above)
        .join(under, among(under.ancestor_id, org_ids))
        .where(above.organisation_id == to_id)
    )
    session.execute(insert(OrganisationReach).from_select(_TODAY, begun))
