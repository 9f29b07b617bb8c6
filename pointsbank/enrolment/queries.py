"""What people look up about enrolment: applications, who may be the same person, report-ins."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import Actor, Role
from pointsbank.enrolment.applicants import applicant_opened
from pointsbank.enrolment.models import Application, DeskEnrolment, ReportIn
from pointsbank.enrolment.rules import (
    RECEIVERS,
    REPORT_READERS,
    ApplicationDecided,
    ApplicationState,
    NoSuchApplication,
    NoSuchPerson,
    NoSuchReportIn,
    code_folded,
)
from pointsbank.members import queries as members
from pointsbank.members.models import Member
from pointsbank.members.rules import NewMember
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import (
    CITY,
    COMMUNITY,
    COUNTY,
    GRID,
    STREET,
    NoSuchOrganisation,
    OrganisationClosed,
)

PAGE = 50
MOST_CHOICES, MOST_NAMES = 400, 2_000


def applications(
    session: Session, actor: Actor, *, state: ApplicationState, most: int = PAGE
) -> list[Application]:
    """The applications of the actor's communities in a state: the longest waiting first, the
    decided ones newest first.
    """
    reach = orgs.ids_below(g.org_id for g in actor.grants if g.role in RECEIVERS)
    wanted = select(Application).where(
        col(Application.org_id).in_(reach), col(Application.state) == state
    )
    pending = state is ApplicationState.PENDING
    order = col(Application.id) if pending else col(Application.decided_at).desc()
    return list(session.execute(wanted.order_by(order).limit(most)).scalars())


def count_pending(session: Session, actor: Actor) -> int:
    reach = orgs.ids_below(g.org_id for g in actor.grants if g.role in RECEIVERS)
    wanted = select(func.count()).where(
        col(Application.org_id).in_(reach), col(Application.state) == ApplicationState.PENDING
    )
    return int(session.execute(wanted).scalar_one())


def application(session: Session, actor: Actor, application_id: int) -> Application:
    """The application, for those who receive people there; else ``NoSuchApplication``."""
    found = session.get(Application, application_id)
    if found is None or not actor.may(*RECEIVERS, org_id=found.org_id):
        raise NoSuchApplication
    return found


def application_by_code(session: Session, typed: str) -> Application:
    """The application that somebody asks after by the code she kept, or ``NoSuchApplication``."""
    wanted = select(Application).where(
        col(Application.code_digest) == code_digest(code_folded(typed))
    )
    found: Application | None = session.execute(wanted).scalar()
    if found is None:
        raise NoSuchApplication
    return found


def code_digest(code: str) -> bytes:
    """The code is as random as a session's token: it needs no key."""
    return sha256(code.encode()).digest()


def applicant(found: Application) -> NewMember:
    """What a pending applicant wrote. Refuses: ApplicationDecided."""
    if found.content_sealed is None:
        raise ApplicationDecided(decided_on=clock.local_day(found.decided_at or found.applied_at))
    return applicant_opened(found.content_sealed)


@dataclass(frozen=True, slots=True)
class Likeness:
    """A member who may be the same person; ``by`` are document, phone, birth."""

    member: Member
    by: tuple[str, ...]


def alike(session: Session, person: NewMember) -> list[Likeness]:
    """The members who have this document, this phone, or this name with this birth date."""
    asked = {
        "document": col(Member.document_digest) == members.document_digest(person.document)
        if person.document
        else None,
        "phone": col(Member.phone_digest) == members.phone_digest(person.phone)
        if person.phone
        else None,
        "birth": (col(Member.name) == person.name) & (col(Member.birth_on) == person.birth_on)
        if person.birth_on
        else None,
    }
    found: dict[int, Likeness] = {}
    for by, condition in asked.items():
        if condition is None:
            continue
        wanted = select(Member).where(condition).order_by(col(Member.id))
        for member in session.execute(wanted).scalars():
            before = found[member.id].by if member.id in found else ()
            found[member.id] = Likeness(member, (*before, by))
    return list(found.values())


def has_similar(session: Session, person: NewMember) -> bool:
    """Whether somebody of this name and birth date lives in the community already."""
    similar = [like.member for like in alike(session, person) if "birth" in like.by]
    if not similar:
        return False
    places = {person.residence_id, *(member.residence_id for member in similar)}
    communities = communities_of(session, places)
    mine = communities.get(person.residence_id)
    return any(communities.get(member.residence_id) == mine for member in similar)


def communities_of(session: Session, org_ids: Collection[int]) -> dict[int, int]:
    """For each organisation the community that it is, or lies in: the highest place there in which
    people may live, for a town may have kinds of its own.
    """
    homes = orgs.home_kinds(session)
    return {
        org_id: place.id  # the last, which is the highest
        for org_id, line in orgs.ancestors_of(session, org_ids).items()
        for place in line
        if place.kind in homes
    }


@dataclass(frozen=True, slots=True)
class Reported:
    """A report-in with whose it is."""

    report_in: ReportIn
    member: Member


def report_ins(
    session: Session,
    actor: Actor,
    *,
    waiting: bool = False,
    ended: bool = False,
    page: int = 1,
    size: int = PAGE,
) -> tuple[list[Reported], int]:
    """The report-ins of the actor's communities and of her units, newest first, and how many.

    ``waiting``: only those whose receipt has not gone back; ``ended``: those that are over.
    """
    reach = orgs.ids_below(g.org_id for g in actor.grants if g.role in REPORT_READERS)
    wanted = (
        select(ReportIn, Member)
        .join(Member, col(Member.id) == col(ReportIn.member_id))
        .where(or_(col(ReportIn.community_id).in_(reach), col(ReportIn.employer_id).in_(reach)))
    )
    over = col(ReportIn.ended_on)
    wanted = wanted.where(over.is_not(None) if ended else over.is_(None))
    if waiting:
        wanted = wanted.where(col(ReportIn.receipt_on).is_(None))
    total = session.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
    shown = wanted.order_by(col(ReportIn.reported_on).desc(), col(ReportIn.id).desc())
    found = session.execute(shown.limit(size).offset((page - 1) * size))
    return [Reported(*row) for row in found], int(total)


def report_in(session: Session, actor: Actor, report_in_id: int, *, lock: bool = False) -> ReportIn:
    """The report-in, for readers at the community or at the unit; else ``NoSuchReportIn``."""
    wanted = select(ReportIn).where(col(ReportIn.id) == report_in_id)
    found: ReportIn | None = session.execute(wanted.with_for_update() if lock else wanted).scalar()
    if found is None or not any(
        actor.may(*REPORT_READERS, org_id=org_id)
        for org_id in (found.community_id, found.employer_id)
    ):
        raise NoSuchReportIn
    return found


def report_ins_of(session: Session, member_id: int) -> list[ReportIn]:
    """Every report-in of a member, the newest first."""
    wanted = select(ReportIn).where(col(ReportIn.member_id) == member_id)
    return list(session.execute(wanted.order_by(col(ReportIn.id).desc())).scalars())


def open_report_in(session: Session, member_id: int) -> ReportIn | None:
    """The report-in of a member that has not ended."""
    wanted = select(ReportIn).where(
        col(ReportIn.member_id) == member_id, col(ReportIn.ended_on).is_(None)
    )
    found: ReportIn | None = session.execute(wanted).scalar()
    return found


def community_choices(
    session: Session, actor: Actor, *roles: Role, above: bool = False
) -> list[tuple[int, str]]:
    """The open communities in the actor's reach by these roles, with the street before the name
    where there are several streets; ``above``: and the places above them that she reaches.
    """
    reach = orgs.ids_below(g.org_id for g in actor.grants if g.role in roles)
    kinds = (COMMUNITY, *(CITY, COUNTY, STREET)) if above else (COMMUNITY,)
    wanted = (
        select(Organisation)
        .where(
            col(Organisation.id).in_(reach),
            col(Organisation.kind).in_(kinds),
            col(Organisation.closed_on).is_(None),
        )
        .order_by(col(Organisation.kind) == COMMUNITY, col(Organisation.id))
    )
    return _named(session, list(session.execute(wanted).scalars()))


def check_open_community(session: Session, org_id: int) -> None:
    """Refuses: NoSuchOrganisation (or no community), OrganisationClosed."""
    place = orgs.organisation(session, org_id)
    if place.kind != COMMUNITY:
        raise NoSuchOrganisation
    if place.closed_on is not None:
        raise OrganisationClosed(closed_on=place.closed_on)


def open_communities(session: Session) -> list[tuple[int, str]]:
    """Every community that takes applications: what anybody may know."""
    wanted = (
        select(Organisation)
        .where(col(Organisation.kind) == COMMUNITY, col(Organisation.closed_on).is_(None))
        .order_by(col(Organisation.parent_id), col(Organisation.id))
    )
    return _named(session, list(session.execute(wanted).scalars()))


def _named(session: Session, places: Sequence[Organisation]) -> list[tuple[int, str]]:
    above = orgs.organisations(session, (p.parent_id for p in places if p.parent_id is not None))
    several = len({p.parent_id for p in places if p.kind == COMMUNITY}) > 1
    return [
        (
            p.id,
            f"{above[p.parent_id].name} {p.name}"
            if several and p.kind == COMMUNITY and p.parent_id in above
            else p.name,
        )
        for p in places
    ]


def homes_in_reach(
    session: Session, actor: Actor, org_id: int | None = None
) -> list[tuple[int, str]]:
    """Where the actor may place people (in one community, if named): communities, their grids and
    building groups, each called from its community down; where there are very many, communities.
    """
    held = [org_id] if org_id else [g.org_id for g in actor.grants if g.role in RECEIVERS]
    wanted = (
        select(Organisation)
        .where(
            col(Organisation.id).in_(orgs.ids_below(held)),
            col(Organisation.closed_on).is_(None),
        )
        .order_by(col(Organisation.id))
    )
    for kinds in (orgs.home_kinds(session), {COMMUNITY}):
        places = list(session.execute(wanted.where(col(Organisation.kind).in_(kinds))).scalars())
        if len(places) <= MOST_CHOICES:
            break
    called = members.called_from_community(session, (place.id for place in places))
    return sorted(called.items(), key=lambda pair: pair[1])


def names_of(session: Session, kind: str) -> list[str]:
    """The names of open organisations of a kind, for a list to choose from while typing."""
    wanted = (
        select(col(Organisation.name))
        .where(col(Organisation.kind) == kind, col(Organisation.closed_on).is_(None))
        .order_by(col(Organisation.name))
        .limit(MOST_NAMES)
    )
    return list(session.execute(wanted).scalars())


def org_named(session: Session, kind: str, name: str, near: int) -> int | None:
    """The open organisation of a kind and name: in the community of ``near``, or the only one."""
    wanted = select(col(Organisation.id)).where(
        col(Organisation.kind) == kind,
        col(Organisation.name) == name.strip(),
        col(Organisation.closed_on).is_(None),
    )
    found = list(session.execute(wanted).scalars())
    if len(found) > 1:
        communities = communities_of(session, [near, *found])
        found = [org_id for org_id in found if communities.get(org_id) == communities.get(near)]
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class AtDesk:
    """Who was enrolled at a desk, and when."""

    member: Member
    at: datetime


def lately_enrolled(session: Session, actor: Actor, *, most: int = 10) -> list[AtDesk]:
    """Whom this actor enrolled last, the newest first."""
    wanted = (
        select(Member, col(DeskEnrolment.enrolled_at))
        .join(DeskEnrolment, col(DeskEnrolment.member_id) == col(Member.id))
        .where(col(DeskEnrolment.enrolled_by) == actor.id)
        .order_by(col(DeskEnrolment.enrolled_at).desc(), col(Member.id).desc())
        .limit(most)
    )
    return [AtDesk(*row) for row in session.execute(wanted)]


def grids_beside(session: Session, residence_id: int) -> list[tuple[int, str]]:
    """The open grids of the community in which a residence lies."""
    community_id = communities_of(session, [residence_id])[residence_id]
    found = orgs.of_kind(session, GRID, [community_id])
    return [(grid.id, grid.name) for grid in found if grid.closed_on is None]


def person_sought(session: Session, actor: Actor, typed: str) -> Member:
    """The member of a phone or volunteer number, for those who receive people where she lives or
    in whose reach she otherwise is; else ``NoSuchPerson``.
    """
    found = members.member_by_phone(session, typed)
    if found is None:
        number = select(Member).where(col(Member.number) == typed.strip())
        found = session.execute(number).scalar()
    if found is None or not members.may_see(actor, found, *RECEIVERS):
        raise NoSuchPerson
    return found
