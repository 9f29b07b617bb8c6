"""Who wants to be registered: as a form says it, and sealed while an application waits."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from pointsbank.core.errors import Refused
from pointsbank.enrolment.chunks import opened, sealed
from pointsbank.enrolment.rows import document_kind
from pointsbank.members.rules import (
    Consent,
    ConsentWay,
    Document,
    DocumentKind,
    Guardian,
    NewMember,
    PartyStatus,
    Sex,
    birth_of,
    check_document,
    check_phone,
)


def applicant_sealed(person: NewMember) -> bytes:
    said = {name: value for name, value in asdict(person).items() if value}
    if person.birth_on:
        said["birth_on"] = person.birth_on.isoformat()
    return sealed(said)


def applicant_opened(content: bytes) -> NewMember:
    said: dict[str, Any] = opened(content)
    document, guardian, born = (said.pop(n, None) for n in ("document", "guardian", "birth_on"))
    return NewMember(
        name=said.pop("name"),
        residence_id=said.pop("residence_id"),
        birth_on=date.fromisoformat(born) if born else None,
        sex=Sex(said.pop("sex")) if "sex" in said else None,
        document=Document(DocumentKind(document["kind"]), document["number"]) if document else None,
        guardian=Guardian(**guardian) if guardian else None,
        party_status=PartyStatus(said.pop("party_status", PartyStatus.NONE)),
        skills=tuple(said.pop("skills", ())),
        consents=tuple(Consent(kind) for kind in said.pop("consents", ())),
        consent_way=ConsentWay(said.pop("consent_way", ConsentWay.ONLINE)),
        **said,
    )


def person_of(
    *,
    document_number: str,
    guardian_name: str,
    guardian_phone: str,
    guardian_relation: str,
    skills: Sequence[str],
    **said: Any,
) -> NewMember:
    """Whom a form or a request names: what it says of her in parts, put together."""
    document = (
        Document(document_kind(document_number.upper(), ""), document_number)
        if document_number
        else None
    )
    guardian = (
        Guardian(guardian_name, guardian_phone, guardian_relation)
        if guardian_name or guardian_phone or guardian_relation
        else None
    )
    return NewMember(document=document, guardian=guardian, skills=tuple(skills), **said)


def typed_so_far(*, name: str, phone: str, number: str, birth_on: date | None) -> NewMember:
    """Whom an unfinished form names: what is not a phone or document number yet is left out."""
    person = NewMember(name.strip(), 0, birth_on=birth_on)
    with suppress(Refused):
        person = replace(person, phone=check_phone(phone))
    with suppress(Refused):
        kind = document_kind(number.upper(), "")
        document = Document(kind, check_document(kind, number))
        born = birth_on or birth_of(document)
        person = replace(person, document=document, birth_on=born)
    return person
