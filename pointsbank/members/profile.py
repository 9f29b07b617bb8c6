"""One member as her page shows her, as far as the reader may see it; and what forms offer."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.util import find_spec
from types import ModuleType

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pointsbank.core.actor import Actor
from pointsbank.core.encryption import unseal
from pointsbank.core.panels import Panel
from pointsbank.core.resources import features
from pointsbank.members import queries
from pointsbank.members.models import (
    Affiliation,
    DeputyRole,
    HonourRecord,
    Household,
    Member,
    MemberConsent,
    MemberGuardian,
    PartyStanding,
    TrainingRecord,
)
from pointsbank.members.registration import CARD_STAFF, REGISTRARS
from pointsbank.members.rules import (
    Consent,
    Leaving,
    NoSuchHousehold,
    Relation,
    age_on,
    masked_phone,
)
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation, OrganisationKind
from pointsbank.orgs.rules import COMMUNITY_LEVEL, Line

MOST_CHOICES = 1_000
PROFILE_READERS = queries.PARTY_READERS
"""The roles that see birth, document, party, honours, consents, hours and points."""


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody of a household."""

    member: Member
    since_on: date
    is_head: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """Behind ``personal`` stands what only ``PROFILE_READERS`` see; else it is empty. ``shares``:
    who reads is of where she lives, or she agreed that her unit and branch see her service.
    ``kept``: the record of which this one is a part now.
    """

    member: Member
    home: str
    phone: str
    card_tail: str
    names: dict[int, str]
    ties: Sequence[Affiliation]
    personal: bool
    may_change: bool
    may_return: bool
    may_card: bool
    shares: bool
    kept: Member | None = None
    age: int | None = None
    guardian: MemberGuardian | None = None
    guardian_phone: str = ""
    standings: Sequence[PartyStanding] = ()
    deputy_roles: Sequence[DeputyRole] = ()
    training: Sequence[TrainingRecord] = ()
    honours: Sequence[HonourRecord] = ()
    consents: Sequence[MemberConsent] = ()
    household: Household | None = None
    relatives: Sequence[Relative] = ()
    panels: Sequence[Panel] = ()

    @property
    def teams(self) -> list[Affiliation]:
        """Those that she is in now."""
        return [t for t in self.ties if t.relation is Relation.TEAM and t.until_on is None]

    @property
    def standing(self) -> dict[Consent, MemberConsent]:
        return {given.kind: given for given in self.consents if given.withdrawn_at is None}


def profile(session: Session, actor: Actor, member_id: int, on: date) -> Profile:
    """The member on a day, for a reader of the register whose reach she is in.

    Refuses: NoSuchMember.
    """
    seen = queries.member_seen_by(session, actor, member_id)
    personal = queries.may_see(actor, seen, *PROFILE_READERS)
    ties = queries.affiliations(session, member_id)
    if not personal:
        ties = [tie for tie in ties if tie.relation is not Relation.BRANCH]
    places = orgs.organisations(session, (tie.org_id for tie in ties))
    card = queries.good_card(session, member_id)
    keeps = actor.may(*REGISTRARS, org_id=seen.residence_id)
    consents = queries.consents(session, member_id) if personal else []
    shares = actor.may(*PROFILE_READERS, org_id=seen.residence_id) or any(
        given.kind is Consent.SHARING and given.withdrawn_at is None for given in consents
    )
    basic = Profile(
        member=seen,
        home=queries.homes(session, [seen])[seen.residence_id],
        phone=queries.shown_phone(seen),
        card_tail=card.digits[-4:] if card else "",
        names={org_id: place.name for org_id, place in places.items()},
        ties=ties,
        personal=personal,
        may_change=keeps and seen.left_on is None,
        may_return=keeps and seen.leaving in {Leaving.LEFT, Leaving.DIED},
        may_card=actor.may(*CARD_STAFF, org_id=seen.residence_id) and seen.left_on is None,
        shares=shares,
        kept=queries.member(session, seen.merged_into_id) if seen.merged_into_id else None,
        panels=_panels(session, actor, member_id, on, every=not (personal and shares)),
    )
    if not personal:
        return basic
    guardian = queries.guardian(session, member_id)
    hers = queries.ids_of_person(session, member_id)
    household, relatives = household_of(session, member_id)
    return replace(
        basic,
        age=age_on(seen.birth_on, on) if seen.birth_on else None,
        guardian=guardian,
        guardian_phone=masked_phone(unseal(guardian.phone_sealed)) if guardian else "",
        standings=queries.party_standings(session, member_id),
        deputy_roles=queries.noted(session, DeputyRole, hers),
        training=queries.noted(session, TrainingRecord, hers),
        honours=queries.noted(session, HonourRecord, hers),
        consents=consents,
        household=household,
        relatives=relatives,
    )


def _panels(
    session: Session, actor: Actor, member_id: int, on: date, *, every: bool
) -> list[Panel]:
    """What the features contribute; ``every``: only those for every reader of the register."""
    return [
        panel
        for module in _contributors()
        if (not every or hasattr(module, "EVERY_READER"))
        and (panel := module.panel(session, actor, member_id, on)) is not None
    ]


def household_of(session: Session, member_id: int) -> tuple[Household | None, list[Relative]]:
    """The household in which a member is now, and everybody in it."""
    now = [time for time in queries.household_times(session, [member_id]) if time.until_on is None]
    if not now:
        return None, []
    household = queries.household(session, now[0].household_id)
    return household, relatives_of(session, household)


def relatives_of(session: Session, household: Household) -> list[Relative]:
    """Who is in a household now, in the order of joining."""
    times = queries.household_members(session, household.id)
    people = queries.members(session, (time.member_id for time in times))
    return [
        Relative(people[time.member_id], time.from_on, time.member_id == household.head_id)
        for time in times
    ]


@dataclass(frozen=True, slots=True)
class HouseholdPage:
    """A household and who is in it now; ``may_change``: the reader keeps its head's record."""

    household: Household
    head: Member
    home: str
    relatives: Sequence[Relative]
    may_change: bool
    panels: Sequence[Panel]


def household_page(session: Session, actor: Actor, household_id: int) -> HouseholdPage:
    """For a reader who sees the head's profile. Refuses: NoSuchHousehold."""
    found = queries.household(session, household_id)
    head = queries.member(session, found.head_id)
    if not queries.may_see(actor, head, *PROFILE_READERS):
        raise NoSuchHousehold
    return HouseholdPage(
        found,
        head,
        queries.homes(session, [head])[head.residence_id],
        relatives_of(session, found),
        found.ended_on is None and actor.may(*REGISTRARS, org_id=head.residence_id),
        [
            panel
            for module in _contributors()
            if hasattr(module, "household_panel")
            and actor.may(*PROFILE_READERS, org_id=head.residence_id)
            and (panel := module.household_panel(session, household_id)) is not None
        ],
    )


@dataclass(frozen=True, slots=True)
class OwnConsent:
    """One thing to agree to, in the words in use today; ``outdated``: she agreed to others."""

    kind: Consent
    text: str
    given: MemberConsent | None
    outdated: bool


def own_consents(
    session: Session, member_id: int, on: date
) -> tuple[list[OwnConsent], Sequence[MemberConsent]]:
    """All that a member is asked to agree to, and everything that she ever agreed to."""
    versions = queries.text_versions(session, on)
    every = queries.consents(session, member_id)
    standing = {given.kind: given for given in every if given.withdrawn_at is None}
    asked = [
        OwnConsent(
            kind,
            queries.consent_text(session, kind, versions[kind]),
            given := standing.get(kind),
            given is not None and given.text_version != versions[kind],
        )
        for kind in Consent
    ]
    return asked, every


@dataclass(frozen=True, slots=True)
class Offered:
    """What the forms of a member's page offer."""

    choices: "Choices"
    skills: Sequence[str]
    texts: dict[Consent, str]
    versions: dict[Consent, int]


def offered(session: Session, actor: Actor, member: Member, on: date) -> Offered:
    versions = queries.text_versions(session, on)
    now = [org_id for org_id in (member.branch_id, member.employer_id) if org_id]
    return Offered(
        choices(session, actor, near_id=member.residence_id, now=now),
        queries.skills(session),
        {kind: queries.consent_text(session, kind, versions[kind]) for kind in Consent},
        versions,
    )


@dataclass(frozen=True, slots=True)
class Choices:
    """What the forms of a member's page, or the filters of the list, offer: ids and names."""

    homes: Sequence[tuple[int, str]]
    branches: Sequence[tuple[int, str]]
    employers: Sequence[tuple[int, str]]
    teams: Sequence[tuple[int, str]]


def choices(
    session: Session, actor: Actor, *, near_id: int | None = None, now: Sequence[int] = ()
) -> Choices:
    """What this actor may choose from, at most so many of a sort: the communities within reach, and
    the homes in that of ``near_id``; where there is no community, all homes. Branches, units and
    teams within reach, but of the whole bank for who keeps a register: people work anywhere.
    ``now``: where somebody belongs, which is offered in any case.
    """
    held = queries.held_by(actor, *queries.REGISTER_READERS)
    reach = col(Organisation.id).in_(orgs.ids_below(held))
    anywhere = bool(queries.held_by(actor, *REGISTRARS))

    def of(line: Line) -> list[tuple[int, str]]:
        here = [col(Organisation.line) == line]
        found = _named(session, *here, *([] if anywhere else [reach]))
        missing = set(now) - {org_id for org_id, _ in found}
        more = _named(session, *here, orgs.among(Organisation.id, missing)) if missing else []
        return found + more

    communities = _named(
        session, reach, col(Organisation.line) == Line.TERRITORY,
        col(OrganisationKind.level) == COMMUNITY_LEVEL,
    )  # fmt: skip
    kinds = orgs.kinds(session)
    above = orgs.ancestors(session, near_id) if near_id else []
    near = next((org.id for org in reversed(above) if kinds[org.kind].is_home), None)
    tops = [near] if near else [] if communities else sorted(held)
    homes = _homes_in(session, tops, reach) if tops else []
    listed = [(org_id, name) for org_id, name in communities if org_id != near]
    return Choices([*homes, *listed], of(Line.PARTY), of(Line.EMPLOYER), of(Line.TEAM))


def _homes_in(
    session: Session, top_ids: Sequence[int], reach: ColumnElement[bool]
) -> list[tuple[int, str]]:
    """The homes below these, and themselves, each called from its community down."""
    found = _named(
        session, reach, col(Organisation.line) == Line.TERRITORY,
        col(Organisation.id).in_(orgs.ids_below(top_ids)),
    )  # fmt: skip
    called = queries.called_from_community(session, [org_id for org_id, _ in found])
    return sorted(called.items(), key=lambda item: (item[0] not in top_ids, item[1]))


def _named(session: Session, *where: ColumnElement[bool]) -> list[tuple[int, str]]:
    above = aliased(Organisation)
    wanted = (
        select(col(Organisation.id), col(Organisation.name), func.coalesce(above.name, ""))
        .join(OrganisationKind, col(OrganisationKind.code) == col(Organisation.kind))
        .outerjoin(above, col(above.id) == col(Organisation.parent_id))
        .where(*where, col(Organisation.closed_on).is_(None))
        .order_by(col(OrganisationKind.level), col(Organisation.id))
        .limit(MOST_CHOICES)
    )
    return orgs.told_apart(session.execute(wanted))


@cache
def _contributors() -> list[ModuleType]:
    """Every feature's ``panel.py``, found by its file name, in the order of their places."""
    names = [f"pointsbank.{feature}.panel" for feature in features() if feature != "core"]
    found = [importlib.import_module(name) for name in names if find_spec(name)]
    return sorted(found, key=lambda module: int(module.PLACE))
