"""Tables of the audit trail's seals, and of what was pruned."""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary
from sqlmodel import Field

from pointsbank.core.database import Table, append_only, key, reference


class AuditSeal(Table, table=True):
    """A closed run of entries. ``rows_digest`` is of the entries, ``digest`` of all that the seal
    says and of the seal before, so that the chain holds when a run's entries are pruned.
    """

    __tablename__ = "audit_seal"

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    first_entry_id: int = Field(sa_type=BigInteger)
    last_entry_id: int = Field(sa_type=BigInteger)
    entry_count: int = Field(sa_type=BigInteger)
    sealed_at: datetime
    previous: bytes = Field(sa_type=LargeBinary)
    rows_digest: bytes = Field(sa_type=LargeBinary)
    digest: bytes = Field(sa_type=LargeBinary)


class AuditPruning(Table, table=True):
    """From that day on the entries up to and including a seal's run are no longer kept."""

    __tablename__ = "audit_pruning"

    id: int = key()
    seal_id: int = reference("audit_seal.id")
    entry_count: int = Field(sa_type=BigInteger)
    pruned_at: datetime


append_only("audit_seal", "audit_pruning")
