"""What people do with organisations: found them, one or a whole tree at once."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import NewOrganisation


def found(
    session: Session,
    actor: Actor,
    *,
    parent_id: int | None,
    kind: str,
    name: str,
    on: date,
    at: datetime,
    region_code: str = "",
) -> Organisation:
    """Found one organisation under a parent; only the system founds a root.

    Refuses: NoSuchKind, NoSuchOrganisation, Forbidden (secretary or administrator of the parent),
    NameEmpty, CannotSitUnder, ParentClosed, NameTaken.
    """
    raise NotImplementedError


def found_many(
    session: Session, actor: Actor, rows: Sequence[NewOrganisation], *, at: datetime
) -> list[int]:
    """Found a whole tree, all or nothing, and give the ids in the order of the rows. Refuses as ``found``."""
    raise NotImplementedError
