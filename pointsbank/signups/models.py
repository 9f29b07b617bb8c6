"""Tables: sign-ups, what an event asks of them, and members' calendar addresses."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from pointsbank.core.database import Table, choice, key, reference
from pointsbank.signups.rules import SignUpState, SignUpWay, Spot


class SignUp(Table, table=True):
    """A member's word that she will come; withdrawn ones stay. The order of ids is that of asking.

    ``moved_up_at``: when she got the seat that she had waited for.
    """

    __tablename__ = "sign_up"
    __table_args__ = (
        UniqueConstraint("by_kind", "by_id", "key", "member_id"),
        Index("ix_sign_up_event_id_state", "event_id", "state"),
        Index("ix_sign_up_member_id", "member_id"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn"),
    )

    id: int | None = key()
    event_id: int = reference("event.id")
    post_id: int | None = reference("post.id", optional=True)
    shift_id: int | None = reference("shift.id", optional=True)
    member_id: int = reference("member.id")
    team_id: int | None = reference("organisation.id", optional=True)
    state: SignUpState = Field(sa_type=choice(SignUpState))
    way: SignUpWay = Field(sa_type=choice(SignUpWay))
    asked_at: datetime
    by_kind: str = Field(max_length=10)
    by_id: int = Field(sa_type=BigInteger)
    key: str = Field(max_length=64)
    moved_up_at: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawal_reason: str = Field(default="", max_length=200)

    @property
    def spot(self) -> Spot:
        return Spot(self.post_id, self.shift_id)


class SignUpTerms(Table, table=True):
    """What an event, or one of its posts, asks of those who sign up besides what it says itself."""

    __tablename__ = "sign_up_terms"
    __table_args__ = (Index("ix_sign_up_terms_event_id", "event_id"),)

    id: int | None = key()
    event_id: int = reference("event.id")
    post_id: int | None = reference("post.id", optional=True)
    closes_at: datetime | None = None
    party_only: bool = False


class CalendarAddress(Table, table=True):
    """The secret address at which a calendar program reads a member's sign-ups; one a member."""

    __tablename__ = "calendar_address"

    member_id: int = reference("member.id", primary_key=True)
    token_digest: bytes = Field(unique=True, sa_type=LargeBinary)
    made_at: datetime
