"""The audit trail: what staff changed or looked at, written with the change itself."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, insert
from sqlmodel import Field

from pointsbank.core.actor import Actor
from pointsbank.core.database import Session, Table, append_only, key


class AuditEntry(Table, table=True):
    """Who did what to which thing, in which roles, from where. ``facts`` never holds clear personal
    data.
    """

    __tablename__ = "audit_entry"

    id: int = key()
    at: datetime = Field(index=True)
    actor_kind: str
    actor_id: int = Field(sa_type=BigInteger)
    roles: str
    address: str
    action: str = Field(index=True)
    subject_kind: str
    subject_id: int = Field(sa_type=BigInteger)
    org_id: int | None = Field(default=None, index=True, sa_type=BigInteger)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


append_only("audit_entry")

_insert = insert(AuditEntry)


def record(
    session: Session, actor: Actor, action: str, subject: tuple[str, int], *, at: datetime,
    org_id: int | None = None, **facts: Any,
) -> None:  # fmt: skip
    """Add an entry. ``action`` is ``feature.verb``; ``org_id`` is the organisation whose auditors
    may see it.
    """
    session.execute(
        _insert,
        {
            "at": at,
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "roles": ",".join(sorted(grant.role for grant in actor.grants)),
            "address": actor.address,
            "action": action,
            "subject_kind": subject[0],
            "subject_id": subject[1],
            "org_id": org_id,
            "facts": {name: _plain(value) for name, value in facts.items()},
        },
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
