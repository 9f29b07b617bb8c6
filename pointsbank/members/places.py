"""Where a member belongs, by dated ties: moving, teams, party status, leaving and coming back."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Unpack

from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import table_of
from pointsbank.core.errors import Forbidden
from pointsbank.members import queries
from pointsbank.members.models import Affiliation, Member, PartyStanding
from pointsbank.members.registration import REGISTRARS, check_places
from pointsbank.members.rules import (
    IN_THE_PARTY,
    AlreadyHere,
    DayInFuture,
    MemberLeft,
    Move,
    MoveBackdated,
    NoSuchMember,
    NotHere,
    PartyStatus,
    Relation,
    check_joined,
)
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.rules import NoSuchOrganisation

TEAM_STAFF = (Role.ORGANISER, *REGISTRARS)
_affiliation = table_of(Affiliation)
_standing = table_of(PartyStanding)
_DAY = timedelta(days=1)


def move_member(
    session: Session,
    actor: Actor,
    *,
    member_id: int,
    on: date,
    at: datetime,
    released: bool = False,
    **to: Unpack[Move],
) -> Member:
    """Give a member another residence, branch or employer from a day on; None ends the tie.

    Those who keep the register where she lives do it within their reach; a branch or employer for
    a member of its own. ``released``: the former place let her go, the new one's word is enough.
    What stays as it is, is left alone. Refuses: NoSuchMember, NoSuchOrganisation, Forbidden,
    MemberLeft, DayInFuture, NotAHome, WrongLine, OrganisationClosed, MoveBackdated.
    """
    moved = locked(session, member_id)
    now = {
        Relation.RESIDENCE: moved.residence_id,
        Relation.BRANCH: moved.branch_id,
        Relation.EMPLOYER: moved.employer_id,
    }
    asked = {Relation(name.removesuffix("_id")): org_id for name, org_id in to.items()}
    changed: dict[Relation, Any] = {r: o for r, o in asked.items() if now[r] != o}
    new = {relation: org_id for relation, org_id in changed.items() if org_id is not None}
    known = orgs.organisations(session, new.values())
    for org_id in new.values():
        if org_id not in known:
            raise NoSuchOrganisation
    for relation, org_id in changed.items():
        _check_may_move(actor, moved, relation, now[relation], org_id, released=released)
    if not (changed or queries.may_see(actor, moved, *REGISTRARS)):
        raise Forbidden
    check_here_on(moved, on, at)
    check_places(list(new.items()), known, orgs.kinds(session))
    last = {r: _last(session, _affiliation, _ties_of(member_id, r)) for r in changed}
    for row in last.values():
        _check_after(row, on, since=moved.registered_on)
    if not changed:
        return moved

    for relation, org_id in changed.items():
        end_open(session, _affiliation, _ties_of(member_id, relation), until=on - _DAY)
        if org_id is not None:
            tie = {"member_id": member_id, "relation": relation, "org_id": org_id, "from_on": on}
            session.execute(insert(_affiliation), tie)
    update_member(
        session, moved, {f"{relation}_id": org_id for relation, org_id in changed.items()}
    )
    audit.record(
        session, actor, "members.moved", ("member", member_id), at=at, org_id=moved.residence_id,
        on=on, before={f"{r}_id": now[r] for r in changed},
        after={f"{r}_id": org_id for r, org_id in changed.items()},
    )  # fmt: skip
    return moved


def join_team(
    session: Session, actor: Actor, *, member_id: int, team_id: int, on: date, at: datetime
) -> None:
    """Make a member one of a team from a day on.

    Refuses: NoSuchMember, NoSuchOrganisation, Forbidden (who keeps the register where she lives, or
    leads the team and knows her), MemberLeft, DayInFuture, WrongLine, OrganisationClosed,
    AlreadyHere, MoveBackdated.
    """
    joining = locked(session, member_id)
    team = orgs.organisation(session, team_id)
    _check_may_team(actor, joining, team_id)
    check_here_on(joining, on, at)
    check_places([(Relation.TEAM, team_id)], {team_id: team}, orgs.kinds(session))
    last = _last(session, _affiliation, _ties_of(member_id, Relation.TEAM, team_id))
    if last is not None and last.until_on is None:
        raise AlreadyHere
    _check_after(last, on, since=joining.registered_on)

    tie = {"member_id": member_id, "relation": Relation.TEAM, "org_id": team_id, "from_on": on}
    session.execute(insert(_affiliation), tie)
    audit.record(
        session, actor, "members.team_joined", ("member", member_id), at=at,
        org_id=joining.residence_id, team=team_id, on=on,
    )  # fmt: skip


def leave_team(
    session: Session, actor: Actor, *, member_id: int, team_id: int, on: date, at: datetime
) -> None:
    """End a member's time in a team with a day, the last on which she is in it.

    Refuses: NoSuchMember, Forbidden (as ``join_team``, and she herself), DayInFuture, NotHere,
    MoveBackdated.
    """
    leaving = locked(session, member_id)
    if actor.member_id != member_id:
        _check_may_team(actor, leaving, team_id)
    check_not_future(on, at)
    whose = _ties_of(member_id, Relation.TEAM, team_id)
    last = _last(session, _affiliation, whose)
    if last is None or last.until_on is not None:
        raise NotHere
    _check_after(last, on, since=leaving.registered_on)

    end_open(session, _affiliation, whose, until=on)
    audit.record(
        session, actor, "members.team_left", ("member", member_id), at=at,
        org_id=leaving.residence_id, team=team_id, on=on,
    )  # fmt: skip


def change_party_status(
    session: Session,
    actor: Actor,
    *,
    member_id: int,
    status: PartyStatus,
    on: date,
    at: datetime,
    joined_on: date | None = None,
) -> Member:
    """Set a member's party status from a day on. ``joined_on``: the day of admission 入党日期; who
    becomes a probationary member without one was admitted on that day.

    Refuses: NoSuchMember, Forbidden (who keeps the register where she lives, or in her branch),
    MemberLeft, DayInFuture, JoinedWithoutParty, MoveBackdated.
    """
    changed = locked(session, member_id)
    places = (changed.residence_id, changed.branch_id)
    if not any(place and actor.may(*REGISTRARS, org_id=place) for place in places):
        raise Forbidden
    check_here_on(changed, on, at)
    check_joined(status, joined_on, clock.local_day(at))
    whose = [_standing.c.member_id == member_id]
    before = changed.party_status
    if status is not before:
        last = _last(session, _standing, whose)
        _check_after(last, on, since=changed.registered_on)
        end_open(session, _standing, whose, until=on - _DAY)
        if status is not PartyStatus.NONE:
            row = {"member_id": member_id, "from_on": on, "status": status}
            session.execute(insert(_standing), row)
    admitted = joined_on or changed.joined_party_on
    if admitted is None and status is PartyStatus.PROBATIONARY:
        admitted = on
    update_member(
        session,
        changed,
        {
            "party_status": status,
            "joined_party_on": admitted if status in IN_THE_PARTY else None,
        },
    )
    audit.record(
        session, actor, "members.party_status_changed", ("member", member_id), at=at,
        org_id=changed.residence_id, on=on, before={"party_status": before},
        after={"party_status": status},
    )  # fmt: skip
    return changed


def locked(session: Session, member_id: int) -> Member:
    """The member and where she belongs, held until the transaction ends, or ``NoSuchMember``."""
    orgs.hold_tree(session)
    wanted = select(Member).where(col(Member.id) == member_id).with_for_update()
    found: Member | None = session.execute(
        wanted, execution_options={"populate_existing": True}
    ).scalar_one_or_none()
    if found is None:
        raise NoSuchMember
    return found


def update_member(session: Session, changed: Member, values: dict[str, Any]) -> None:
    session.execute(
        update(Member)
        .where(col(Member.id) == changed.id)
        .values(**values, version=changed.version + 1)
    )
    session.refresh(changed)


Conditions = Sequence[ColumnElement[bool]]


def _ties_of(member_id: int, relation: Relation, org_id: int | None = None) -> Conditions:
    whose = [_affiliation.c.member_id == member_id, _affiliation.c.relation == relation]
    return [*whose, _affiliation.c.org_id == org_id] if org_id is not None else whose


def _last(session: Session, dated: Any, whose: Conditions) -> Row[Any] | None:
    wanted = select(dated).where(*whose).order_by(dated.c.from_on.desc()).limit(1)
    return session.execute(wanted).first()


def end_open(session: Session, dated: Any, whose: Conditions, *, until: date) -> None:
    """Close what is open; what would have begun later never was."""
    is_open = [*whose, dated.c.until_on.is_(None)]
    session.execute(delete(dated).where(*is_open, dated.c.from_on > until))
    session.execute(update(dated).where(*is_open).values(until_on=until))


def _check_may_move(
    actor: Actor, moved: Member, relation: Relation, old: int | None, new: int | None,
    *, released: bool,
) -> None:  # fmt: skip
    keeper = actor.may(*REGISTRARS, org_id=moved.residence_id)
    lets_go = released or keeper or (old is not None and actor.may(*REGISTRARS, org_id=old))
    takes_in = new is None or actor.may(*REGISTRARS, org_id=new)
    if relation is not Relation.RESIDENCE:
        takes_in = takes_in or keeper
    if not (lets_go and takes_in):
        raise Forbidden


def _check_may_team(actor: Actor, member: Member, team_id: int) -> None:
    keeper = actor.may(*REGISTRARS, org_id=member.residence_id)
    leads = actor.may(*TEAM_STAFF, org_id=team_id)
    if not (keeper or (leads and queries.may_see(actor, member, *queries.REGISTER_READERS))):
        raise Forbidden


def check_here_on(member: Member, on: date, at: datetime) -> None:
    if member.left_on is not None:
        raise MemberLeft(left_on=member.left_on)
    check_not_future(on, at)


def check_not_future(on: date, at: datetime) -> None:
    if on > (today := clock.local_day(at)):
        raise DayInFuture(today=today)


def _check_after(last: Row[Any] | None, on: date, *, since: date) -> None:
    """A change may not reach back before the one that stands."""
    if last is not None:
        since = last.from_on if last.until_on is None else last.until_on + _DAY
    if on < since:
        raise MoveBackdated(since=since)
