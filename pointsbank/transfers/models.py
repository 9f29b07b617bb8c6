"""Tables: membership transfers with their steps, and the dated rules of what becomes of points."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field

from pointsbank.core.database import Table, append_only, choice, key, reference
from pointsbank.local_rules.models import LocalRule, one_after_another
from pointsbank.members.rules import Relation
from pointsbank.transfers.rules import (
    LONGEST_TEXT,
    PointsOnTransfer,
    Side,
    Step,
    TransferRule,
    TransferState,
)

_UNDER_WAY = text("state IN ('awaiting_consent', 'awaiting_acceptance')")


class MembershipTransfer(Table, table=True):
    """A member's way from one organisation to another. ``note`` and ``reason`` can be erased."""

    __tablename__ = "membership_transfer"
    __table_args__ = (
        Index(
            "uq_membership_transfer_under_way", "member_id", "relation",
            unique=True, sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY,
        ),
        Index("ix_membership_transfer_member_id", "member_id"),
        Index("ix_membership_transfer_from_org_id", "from_org_id"),
        Index("ix_membership_transfer_to_org_id", "to_org_id"),
    )  # fmt: skip

    id: int = key()
    member_id: int = reference("member.id")
    relation: Relation = Field(sa_type=choice(Relation))
    from_org_id: int | None = reference("organisation.id", optional=True)
    to_org_id: int = reference("organisation.id")
    state: TransferState = Field(sa_type=choice(TransferState))
    asked_by: Side = Field(sa_type=choice(Side))
    asked_at: datetime
    note: str = Field(default="", max_length=LONGEST_TEXT)
    settled_at: datetime | None = None
    reason: str = Field(default="", max_length=LONGEST_TEXT)
    rule_version: int = 0
    points_lapsed: int = 0


class TransferStep(Table, table=True):
    """One step of a transfer, by whom and when; its key is that of the request for it."""

    __tablename__ = "transfer_step"

    id: int = key()
    transfer_id: int = reference("membership_transfer.id", index=True)
    step: Step = Field(sa_type=choice(Step))
    at: datetime
    by_kind: str = Field(max_length=10)
    by_id: int
    key: str = Field(max_length=64, unique=True)


class TransferRuleRow(LocalRule, table=True):
    """One version of an organisation's rule of what becomes of points."""

    __tablename__ = "transfer_rule"
    __table_args__: Any = one_after_another()

    points: PointsOnTransfer = Field(sa_type=choice(PointsOnTransfer))

    def frozen(self) -> TransferRule:
        return TransferRule(self.org_id, self.version, self.from_on, self.points)


append_only("transfer_step", "transfer_rule")
