"""Members who have been in the register for longer than the tests' clock has run."""

from datetime import date

from sqlalchemy import update
from sqlmodel import Session, col

from pointsbank.members.models import Affiliation, Member, PartyStanding


def registered_since(session: Session, member_id: int, day: date) -> None:
    """As if she had been registered on that day, with all that she has now."""
    of_her = {"synchronize_session": False}
    changes = (
        update(Member).where(col(Member.id) == member_id).values(registered_on=day),
        update(Affiliation).where(col(Affiliation.member_id) == member_id).values(from_on=day),
        update(PartyStanding).where(col(PartyStanding.member_id) == member_id).values(from_on=day),
    )
    for change in changes:
        session.execute(change, execution_options=of_her)
