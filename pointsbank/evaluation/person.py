"""A member's part of the yearly evaluations: her lines of the sealed years."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from pointsbank.core.database import Session
from pointsbank.core.errors import say
from pointsbank.core.person import Sections
from pointsbank.evaluation.models import SealedRow, SealedYear
from pointsbank.orgs.models import Organisation

TABLES = ("sealed_row",)


def export(session: Session, member_id: int) -> Sections:
    """One line a sealed sheet that she stands on, with every figure under its own heading."""
    found = session.execute(
        select(SealedRow, SealedYear, col(Organisation.name))
        .join(SealedYear, col(SealedYear.id) == col(SealedRow.sealed_year_id))
        .join(Organisation, col(Organisation.id) == col(SealedYear.org_id))
        .where(col(SealedRow.member_id) == member_id)
        .order_by(col(SealedYear.year), col(SealedYear.id))
    )
    return {
        say("年度评议参考"): [
            {
                say("年度"): sealed.year,
                say("组织"): name,
                say("封存时间"): sealed.sealed_at,
                **{
                    f"{label}（分钟）" if unit == "minutes" else label: figure
                    for (_, label, unit), figure in zip(sealed.columns, row.figures, strict=True)
                },
            }
            for row, sealed, name in found
        ]
    }


def erase(session: Session, member_id: int, at: datetime) -> None:
    """Nothing goes: a sealed line holds ids and figures, and names are joined on output."""
