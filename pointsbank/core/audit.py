"""The audit trail: what staff changed or looked at, written with the change itself."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, insert, text
from sqlmodel import Field

from pointsbank.core.actor import Actor
from pointsbank.core.database import Session, Table, append_only, key

SEALING_LOCK = "7015, hashtext(current_schema())"
"""On PostgreSQL ids do not commit in order: writers share this lock, the sealer has it alone."""


class AuditEntry(Table, table=True):
    """Who did what to which thing, in which roles, from where. ``facts`` never holds clear personal
    data.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_actor_id", "actor_id", "id"),
        Index("ix_audit_entry_subject_id", "subject_id", "id"),
    )

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
_SHARE = text(f"SELECT pg_advisory_xact_lock_shared({SEALING_LOCK})")


def record(
    session: Session, actor: Actor, action: str, subject: tuple[str, int], *, at: datetime,
    org_id: int | None = None, **facts: Any,
) -> None:  # fmt: skip
    """Add an entry. ``action`` is ``feature.verb``; ``org_id`` is the organisation whose auditors
    may see it. What was and what is stand in the facts ``before`` and ``after``, by field where
    there are several, masked where they are personal.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_SHARE)
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
            "facts": _plain(facts),
        },
    )


def _plain(value: Any) -> Any:
    """As JSON holds it: days and instants as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
