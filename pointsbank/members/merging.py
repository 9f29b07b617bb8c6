"""What passes to the kept record as two records become one person's, and back: teams, and what she
has one of, where the kept record lacks it: branch, employer, party status, household.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session, col

from pointsbank.members import queries
from pointsbank.members.models import Affiliation, Household, HouseholdMember, PartyStanding
from pointsbank.members.rules import PartyStatus, Relation

_COLUMNS = {Relation.BRANCH: "branch_id", Relation.EMPLOYER: "employer_id"}


def belongings(session: Session, kept_id: int, other_id: int, on: date) -> dict[str, Any]:
    """What of the other record's is to pass, before it leaves the register with that day."""
    kept, other = queries.member(session, kept_id), queries.member(session, other_id)
    theirs = _teams(session, other_id, on) - _teams(session, kept_id, on)
    found: dict[str, Any] = {"on": on.isoformat(), "teams": sorted(theirs)}
    for relation, column in _COLUMNS.items():
        lacks = getattr(kept, column) is None and getattr(other, column) is not None
        if lacks and not _began(session, kept_id, relation, on):
            found[column] = getattr(other, column)
    statuses = queries.party_standings(session, kept_id)
    lacks = kept.party_status is PartyStatus.NONE and other.party_status is not PartyStatus.NONE
    if lacks and all(standing.from_on < on for standing in statuses):
        joined = other.joined_party_on
        found["party"] = [other.party_status, joined.isoformat() if joined else None]
    home = _household(session, other_id)
    if home is not None:
        if queries.household(session, home).head_id == other_id:
            found["headed"] = home
        times = queries.household_times(session, [kept_id])
        if all(time.until_on is not None and time.from_on < on for time in times):
            found["household"] = home
    return found


def pass_over(session: Session, kept_id: int, found: Mapping[str, Any]) -> dict[str, Any]:
    """Give it to the kept record from that day on; the columns of hers that follow."""
    on = date.fromisoformat(found["on"])
    ties = [(Relation.TEAM, team_id) for team_id in found["teams"]]
    ties += [(relation, found[name]) for relation, name in _COLUMNS.items() if name in found]
    for relation, org_id in ties:
        tie = {"member_id": kept_id, "relation": relation, "org_id": org_id, "from_on": on}
        session.execute(insert(Affiliation), tie)
    columns = {name: found[name] for name in _COLUMNS.values() if name in found}
    if "party" in found:
        status, joined = found["party"]
        row = {"member_id": kept_id, "from_on": on, "status": PartyStatus(status)}
        session.execute(insert(PartyStanding), row)
        columns["party_status"] = PartyStatus(status)
        columns["joined_party_on"] = date.fromisoformat(joined) if joined else None
    if "household" in found:
        home = found["household"]
        time = {"member_id": kept_id, "household_id": home, "from_on": on}
        session.execute(insert(HouseholdMember), time)
        head = {"head_id": kept_id} if found.get("headed") == home else {}
        _set_household(session, home, ended_on=None, **head)
    session.expire_all()
    return columns


def pass_back(
    session: Session, kept_id: int, other_id: int, found: Mapping[str, Any]
) -> dict[str, Any]:
    """Take from the kept record what it was given, unless that was changed meanwhile; the columns
    of hers that follow. The other record has its own again already.
    """
    on = date.fromisoformat(found["on"])
    kept = queries.member(session, kept_id)
    columns: dict[str, Any] = {}
    given = [(Relation.TEAM, team_id) for team_id in found["teams"]]
    for relation, name in _COLUMNS.items():
        if name in found:
            given.append((relation, found[name]))
            if getattr(kept, name) == found[name]:
                columns[name] = None
    for relation, org_id in given:
        session.execute(
            delete(Affiliation).where(
                col(Affiliation.member_id) == kept_id,
                col(Affiliation.relation) == relation,
                col(Affiliation.org_id) == org_id,
                col(Affiliation.from_on) == on,
            )
        )
    if "party" in found:
        session.execute(
            delete(PartyStanding).where(
                col(PartyStanding.member_id) == kept_id, col(PartyStanding.from_on) == on
            )
        )
        if kept.party_status == found["party"][0]:
            columns |= {"party_status": PartyStatus.NONE, "joined_party_on": None}
    if "household" in found:
        session.execute(
            delete(HouseholdMember).where(
                col(HouseholdMember.member_id) == kept_id,
                col(HouseholdMember.household_id) == found["household"],
                col(HouseholdMember.from_on) == on,
            )
        )
    if "headed" in found:
        _set_household(session, found["headed"], head_id=other_id)
    session.expire_all()
    return columns


def _teams(session: Session, member_id: int, on: date) -> set[int]:
    """The teams that a record is in now, or began or left that day."""
    rows = session.execute(
        select(Affiliation).where(
            col(Affiliation.member_id) == member_id, col(Affiliation.relation) == Relation.TEAM
        )
    ).scalars()
    return {tie.org_id for tie in rows if tie.until_on is None or tie.from_on >= on}


def _began(session: Session, member_id: int, relation: Relation, on: date) -> bool:
    """Whether a tie of this relation began that day and was ended again."""
    ties = queries.affiliations(session, member_id)
    return any(tie.relation is relation and tie.from_on >= on for tie in ties)


def _household(session: Session, member_id: int) -> int | None:
    times = queries.household_times(session, [member_id])
    return next((time.household_id for time in times if time.until_on is None), None)


def _set_household(session: Session, household_id: int, **values: Any) -> None:
    session.execute(
        update(Household).where(col(Household.id) == household_id).values(**values),
        execution_options={"synchronize_session": False},
    )
