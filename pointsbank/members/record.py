"""A member's own record: changing it, and showing in full what is masked everywhere else."""

from datetime import date, datetime
from typing import Any, Unpack

from sqlalchemy import delete, insert, update
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.core.encryption import seal, unseal
from pointsbank.members import queries
from pointsbank.members.models import (
    Member,
    MemberGuardian,
    NameKey,
    Skill,
)
from pointsbank.members.places import locked
from pointsbank.members.registration import REGISTRARS, check_free, name_keys
from pointsbank.members.rules import (
    MOST_SKILL_CHARACTERS,
    Document,
    Guardian,
    MemberChanged,
    MemberChanges,
    MemberLeft,
    NewMember,
    NothingToShow,
    ReasonMissing,
    Secret,
    TooLong,
    check_age,
    check_available,
    check_guardian,
    check_name,
    check_phone,
    check_skills,
    document_tail,
    masked_document,
    masked_name,
    masked_phone,
    with_document,
)
from pointsbank.orgs import queries as orgs


def change_member(
    session: Session,
    actor: Actor,
    *,
    member_id: int,
    version: int,
    at: datetime,
    **changes: Unpack[MemberChanges],
) -> Member:
    """Change what a member's record says; ``version`` is that of the record as it was read.

    Refuses: NoSuchMember, Forbidden (secretary or administrator of the residence), MemberLeft,
    MemberChanged, NameInvalid, PhoneInvalid, DocumentInvalid, BirthDisagrees, SexDisagrees,
    DayInFuture, TooYoung, GuardianMissing, of a guardian NameInvalid, PhoneInvalid and
    RelationInvalid, NoSuchSkill, TooLong, PhoneTaken, DocumentTaken.
    """
    changed = locked(session, member_id)
    actor.require(*REGISTRARS, org_id=changed.residence_id)
    if changed.left_on is not None:
        raise MemberLeft(left_on=changed.left_on)
    if changed.version != version:
        raise MemberChanged
    values = _plain_values(changes)
    values |= _identity_values(session, changed, changes, clock.local_day(at))
    guardian = changes.get("guardian")
    guardian = check_guardian(guardian) if guardian else None
    if "skills" in changes:
        values["skills"] = list(check_skills(changes["skills"], queries.skills(session)))
    if "available" in changes:
        values["available"] = check_available(changes["available"])
    check_free(
        session,
        phones=[values.get("phone_digest")],
        documents=[values.get("document_digest")],
        but=member_id,
    )

    before = _shown(changed)
    session.execute(
        update(Member).where(col(Member.id) == member_id).values(**values, version=version + 1)
    )
    if "name" in values:
        session.execute(delete(NameKey).where(col(NameKey.member_id) == member_id))
        session.execute(insert(NameKey), name_keys(member_id, values["name"]))
    if "guardian" in changes:
        _set_guardian(session, member_id, guardian, at)
    session.refresh(changed)
    after = _shown(changed)
    other = [name for name in before if before[name] != after[name]]
    audit.record(
        session, actor, "members.changed", ("member", member_id), at=at,
        org_id=changed.residence_id, fields=sorted(changes),
        before={name: before[name] for name in other}, after={name: after[name] for name in other},
    )  # fmt: skip
    return changed


def show(
    session: Session, actor: Actor, *, member_id: int, what: Secret, reason: str, at: datetime
) -> str:
    """In full what is masked elsewhere: a document's number, a phone. Every look is audited, with
    its reason, in which she herself is masked: the trail is kept when she is erased.

    Refuses: NoSuchMember, Forbidden (secretary or administrator of the residence), ReasonMissing,
    TooLong, NothingToShow.
    """
    seen = locked(session, member_id)
    actor.require(*REGISTRARS, org_id=seen.residence_id)
    given = check_available(reason)
    if not given:
        raise ReasonMissing
    sealed = {
        Secret.PHONE: lambda: seen.phone_sealed,
        Secret.DOCUMENT: lambda: seen.document_sealed,
        Secret.GUARDIAN_PHONE: lambda: _guardian_phone(session, member_id),
    }[what]()
    if sealed is None:
        raise NothingToShow
    audit.record(
        session, actor, "members.shown", ("member", member_id), at=at,
        org_id=seen.residence_id, what=what, reason=_veiled(given, seen),
    )  # fmt: skip
    return unseal(sealed)


def add_skill(session: Session, actor: Actor, *, name: str, org_id: int, at: datetime) -> None:
    """Add a skill to the bank's list. A repeat is an answer.

    Refuses: NoSuchOrganisation, Forbidden (secretary or administrator of the organisation for
    which it is asked), TooLong.
    """
    orgs.organisation(session, org_id)
    actor.require(*REGISTRARS, org_id=org_id)
    bare = name.strip()
    if not 0 < len(bare) <= MOST_SKILL_CHARACTERS:
        raise TooLong(most=MOST_SKILL_CHARACTERS)
    if bare in queries.skills(session):
        return
    session.execute(insert(Skill), {"name": bare})
    audit.record(
        session, actor, "members.skill_added", ("organisation", org_id), at=at, org_id=org_id,
        skill=bare,
    )  # fmt: skip


def _plain_values(changes: MemberChanges) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "name" in changes:
        values["name"] = check_name(changes["name"])
    if "phone" in changes:
        phone = check_phone(changes["phone"]) if changes["phone"] else ""
        values["phone_sealed"] = seal(phone) if phone else None
        values["phone_digest"] = queries.phone_digest(phone) if phone else None
        values["phone_tail"] = phone[-4:]
    return values


_IDENTITY = {"document", "birth_on", "sex"}


def _identity_values(
    session: Session, changed: Member, changes: MemberChanges, today: date
) -> dict[str, Any]:
    """Document, birth date and sex, held against one another and against the rule on age."""
    if not {*_IDENTITY, "guardian"} & set(changes):
        return {}
    held = Document(changed.document_kind, unseal(changed.document_sealed)) if (
        changed.document_kind and changed.document_sealed
    ) else None  # fmt: skip
    row = with_document(
        NewMember(
            changed.name,
            changed.residence_id,
            document=changes.get("document", held),
            birth_on=changes.get("birth_on", changed.birth_on),
            sex=changes.get("sex", changed.sex),
        )
    )
    guardian = queries.guardian(session, changed.id)
    has_guardian = changes["guardian"] is not None if "guardian" in changes else bool(guardian)
    rules = queries.registration_rules(session, [changed.residence_id], today)
    check_age(row.birth_on, has_guardian=has_guardian, on=today, rule=rules[changed.residence_id])
    values: dict[str, Any] = {"birth_on": row.birth_on, "sex": row.sex}
    if "document" in changes:
        document = row.document
        values |= {
            "document_kind": document.kind if document else None,
            "document_sealed": seal(document.number) if document else None,
            "document_digest": queries.document_digest(document) if document else None,
            "document_tail": document_tail(document.number) if document else "",
        }
    return values


def _set_guardian(
    session: Session, member_id: int, guardian: Guardian | None, at: datetime
) -> None:
    session.execute(delete(MemberGuardian).where(col(MemberGuardian.member_id) == member_id))
    if guardian is not None:
        row = {
            "member_id": member_id, "name": guardian.name, "phone_sealed": seal(guardian.phone),
            "relation": guardian.relation, "consented_at": at,
        }  # fmt: skip
        session.execute(insert(MemberGuardian), row)


def _guardian_phone(session: Session, member_id: int) -> bytes | None:
    guardian = queries.guardian(session, member_id)
    return guardian.phone_sealed if guardian else None


def _veiled(text: str, member: Member) -> str:
    """What staff wrote, with her name and numbers masked."""
    names = {member.name: masked_name(member.name)}
    if member.phone_sealed:
        phone = unseal(member.phone_sealed)
        names[phone] = masked_phone(phone)
    if member.document_sealed:
        names[unseal(member.document_sealed)] = masked_document(member.document_tail)
    for clear, masked in names.items():
        text = text.replace(clear, masked)
    return text


def _shown(member: Member) -> dict[str, Any]:
    """The record as the audit trail may hold it."""
    return {
        "name": masked_name(member.name),
        "phone": masked_phone(unseal(member.phone_sealed)) if member.phone_sealed else "",
        "document": masked_document(member.document_tail),
        "sex": member.sex,
        "skills": list(member.skills),
    }
