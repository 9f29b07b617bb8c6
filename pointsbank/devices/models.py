"""Tables of shared devices, of their pairing, and of machines."""

from datetime import date, datetime

from sqlalchemy import JSON, LargeBinary
from sqlmodel import Field

from pointsbank.core.actor import Scope
from pointsbank.core.database import Table, choice, key, reference
from pointsbank.devices.rules import KEY_LENGTH, NAME_LENGTH


class Device(Table, table=True):
    """A tablet of an organisation with one post; at a door also of one event."""

    __tablename__ = "device"

    id: int = key()
    org_id: int = reference("organisation.id", index=True)
    name: str = Field(max_length=NAME_LENGTH)
    scope: Scope = Field(sa_type=choice(Scope))
    event_id: int | None = reference("event.id", optional=True)
    token_digest: bytes = Field(unique=True, sa_type=LargeBinary)
    paired_at: datetime
    last_seen_at: datetime
    address: str = Field(default="", max_length=64)
    revoked_at: datetime | None = None


class Pairing(Table, table=True):
    """An invitation to a device, open for ten minutes. Its code follows from ``key`` and the bank's
    secret; only the digest is here.
    """

    __tablename__ = "pairing"

    id: int = key()
    key: str = Field(max_length=KEY_LENGTH, unique=True)
    code_digest: bytes = Field(unique=True, sa_type=LargeBinary)
    org_id: int = reference("organisation.id", index=True)
    name: str = Field(max_length=NAME_LENGTH)
    scope: Scope = Field(sa_type=choice(Scope))
    event_id: int | None = reference("event.id", optional=True)
    offered_at: datetime
    offered_by_id: int = reference("user.id")
    device_id: int | None = reference("device.id", optional=True)


class Machine(Table, table=True):
    """Another program's token: what it may read, for which part of the tree, until when."""

    __tablename__ = "machine"

    id: int = key()
    org_id: int = reference("organisation.id", index=True)
    name: str = Field(max_length=NAME_LENGTH)
    scopes: list[str] = Field(sa_type=JSON)
    token_digest: bytes = Field(unique=True, sa_type=LargeBinary)
    made_at: datetime
    made_by_id: int = reference("user.id")
    expires_on: date
    revoked_at: datetime | None = None
