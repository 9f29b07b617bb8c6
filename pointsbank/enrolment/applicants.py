"""What an applicant wrote, sealed while it waits."""

from dataclasses import asdict
from datetime import date
from typing import Any

from pointsbank.enrolment.chunks import opened, sealed
from pointsbank.members.rules import (
    Consent,
    ConsentWay,
    Document,
    DocumentKind,
    Guardian,
    NewMember,
    PartyStatus,
    Sex,
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
