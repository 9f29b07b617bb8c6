"""What a person is about to lose: told her so long ahead as is set."""

from dataclasses import dataclass
from datetime import date

from pointsbank.core.database import Session
from pointsbank.ledger.queries import NextLapse, next_lapses, told_until
from pointsbank.ledger.rules import OwnerKind
from pointsbank.members.queries import ids_of_person, shared_households


@dataclass(frozen=True, slots=True)
class Warned:
    """The next lapse in a unit, of her own account or her household's."""

    unit: str
    at_home: bool
    lapse: NextLapse


def warnings(session: Session, member_id: int, on: date) -> list[Warned]:
    """What lapses so soon that she is told on this day, her own first."""
    near = told_until(on)
    owners = (
        (OwnerKind.MEMBER, ids_of_person(session, member_id)),
        (OwnerKind.HOUSEHOLD, shared_households(session, [member_id]).get(member_id, [])),
    )
    return [
        Warned(unit, kind is OwnerKind.HOUSEHOLD, lapse)
        for kind, ids in owners
        for unit, lapse in next_lapses(session, kind, ids, on=on, until=near).items()
    ]
