"""Consents given and withdrawn."""

from datetime import datetime

from sqlalchemy import insert, update
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.core.errors import Forbidden
from pointsbank.members import queries
from pointsbank.members.models import Member, MemberConsent
from pointsbank.members.places import locked
from pointsbank.members.registration import REGISTRARS
from pointsbank.members.rules import (
    Consent,
    ConsentWay,
    LeaveInstead,
    MemberLeft,
    NoSuchConsent,
)


def give_consent(
    session: Session,
    actor: Actor,
    *,
    member_id: int,
    kind: Consent,
    way: ConsentWay,
    at: datetime,
) -> MemberConsent:
    """Note that a member agrees to the text in use today. A repeat is an answer.

    Refuses: NoSuchMember, Forbidden (she herself, or who keeps the register where she lives),
    MemberLeft.
    """
    giving = locked(session, member_id)
    _check_may(actor, giving)
    if giving.left_on is not None:
        raise MemberLeft(left_on=giving.left_on)
    version = queries.text_versions(session, clock.local_day(at))[kind]
    standing = queries.standing_consents(session, member_id).get(kind)
    if standing is not None and standing.text_version == version:
        return standing
    if standing is not None:
        _withdraw(session, standing, at)
    session.execute(
        insert(MemberConsent),
        {
            "member_id": member_id, "kind": kind, "text_version": version, "way": way,
            "given_at": at,
        },
    )  # fmt: skip
    audit.record(
        session, actor, "members.consent_given", ("member", member_id), at=at,
        org_id=giving.residence_id, kind=kind, version=version, way=way,
    )  # fmt: skip
    return queries.standing_consents(session, member_id)[kind]


def withdraw_consent(
    session: Session, actor: Actor, *, member_id: int, kind: Consent, at: datetime
) -> None:
    """Note that a member no longer agrees.

    Refuses: NoSuchMember, Forbidden (as ``give_consent``), NoSuchConsent, LeaveInstead (of the
    registration of who is in the register: leaving withdraws it).
    """
    withdrawing = locked(session, member_id)
    _check_may(actor, withdrawing)
    standing = queries.standing_consents(session, member_id).get(kind)
    if standing is None:
        raise NoSuchConsent
    if kind is Consent.REGISTRATION and withdrawing.left_on is None:
        raise LeaveInstead
    _withdraw(session, standing, at)
    audit.record(
        session, actor, "members.consent_withdrawn", ("member", member_id), at=at,
        org_id=withdrawing.residence_id, kind=kind,
    )  # fmt: skip


def _withdraw(session: Session, standing: MemberConsent, at: datetime) -> None:
    session.execute(
        update(MemberConsent).where(col(MemberConsent.id) == standing.id).values(withdrawn_at=at)
    )
    session.expire(standing)


def _check_may(actor: Actor, member: Member) -> None:
    if actor.member_id != member.id and not actor.may(*REGISTRARS, org_id=member.residence_id):
        raise Forbidden
