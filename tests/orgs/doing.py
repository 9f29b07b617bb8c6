"""How the tests of organisations do things to them, and look at the tree."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import Session

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.errors import Refused
from pointsbank.orgs import operations, queries
from pointsbank.orgs.models import Organisation

ON = date(2026, 6, 1)
TODAY = date(2026, 11, 21)


def do(session: Session, verb: Any, actor: Actor = SYSTEM, **asked: Any) -> Organisation:
    asked = {"on": ON, "key": "a-key", "at": clock.now(), **asked}
    return verb(session, actor, **asked)  # type: ignore[no-any-return]


def refused(
    session: Session, verb: Any, fault: type[Refused], actor: Actor = SYSTEM, **asked: Any
) -> dict[str, Any]:
    with pytest.raises(fault) as refusal:
        do(session, verb, actor, **asked)
    return refusal.value.facts


def close(session: Session, org_id: int, on: date = ON) -> None:
    do(session, operations.close, org_id=org_id, on=on, key=f"close-{org_id}")


def below(session: Session, org_id: int, on: date | None = None) -> frozenset[int]:
    return queries.below(session, [org_id], on)[org_id]


def line(session: Session, org_id: int, on: date | None = None) -> list[int]:
    return [above.id for above in queries.ancestors(session, org_id, on)]
