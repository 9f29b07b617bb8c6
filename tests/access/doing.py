"""Operations run one by one, each in a transaction of its own, and what came of them."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from pointsbank.access import passwords, queries
from pointsbank.access.rules import Proof
from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Refused


def done(operation: Callable[..., Any], *given: Any, **asked: Any) -> Any:
    """Run an operation in a transaction of its own, now."""
    with transaction() as session:
        return operation(session, *given, at=clock.now(), **asked)


def refused(operation: Callable[..., Any], *given: Any, **asked: Any) -> type[Refused]:
    """The kind of refusal that an operation answers or raises."""
    try:
        answer = done(operation, *given, **asked)
    except Refused as refusal:
        return type(refusal)
    assert isinstance(answer, Refused)
    return type(answer)


def change(statement: Any) -> None:
    with transaction() as session:
        session.execute(statement)


def count(model: Any) -> int:
    with snapshot() as session:
        return int(session.execute(select(func.count()).select_from(model)).scalar_one())


def actions(session: Session, user_id: int) -> list[str]:
    wanted = select(AuditEntry.action).where(
        AuditEntry.subject_kind == "user", AuditEntry.subject_id == user_id
    )
    return list(session.execute(wanted.order_by(AuditEntry.id)).scalars())


def actor_of(token: str) -> Actor | None:
    with snapshot() as session:
        return queries.actor_of_token(session.connection(), token, clock.now())


def proof_of(name: str, password: str, *, address: str = "10.0.0.1") -> Proof:
    """What the entrance finds out before its transaction."""
    with snapshot() as session:
        known = queries.credentials(session, name=name, address=address, at=clock.now())
    return passwords.prove(known, password)
