"""What is written down of an organisation: its codes, its address, whom to ask there."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from pointsbank.core import audit
from pointsbank.core.actor import Actor, Role
from pointsbank.core.encryption import seal
from pointsbank.orgs import queries
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import (
    check_contact_phone,
    check_open,
    check_region_code,
    credit_code_written,
)

KEEPERS = (Role.SECRETARY, Role.ADMINISTRATOR)
CONTACT_READERS = (Role.SECRETARY, Role.OFFICIAL, Role.ADMINISTRATOR)


def describe(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    region_code: str = "",
    credit_code: str = "",
    address: str = "",
    contact_name: str = "",
    contact_phone: str | None = None,
    at: datetime,
) -> Organisation:
    """Write down an organisation's codes, address and contact; without a phone it stays as it is.

    A credit code that fails its check is kept: see ``credit_code_doubtful``. Refuses:
    NoSuchOrganisation, Forbidden (its secretary or administrator), RegionCodeInvalid,
    ContactPhoneInvalid, OrganisationClosed.
    """
    org = queries.organisation(session, org_id)
    actor.require(*KEEPERS, org_id=org_id)
    region = check_region_code(region_code)
    phone = None if contact_phone is None else check_contact_phone(contact_phone)
    check_open(org.closed_on)
    new: dict[str, Any] = {
        "region_code": region,
        "credit_code": credit_code_written(credit_code),
        "address": address.strip(),
    }
    changed = [name for name, value in new.items() if getattr(org, name) != value]
    if queries.contact_name(org) != contact_name.strip():
        new["contact_name_sealed"] = seal(contact_name.strip()) if contact_name.strip() else None
        changed.append("contact_name")
    if phone is not None and queries.contact_phone(org) != phone:
        new["contact_phone_sealed"] = seal(phone) if phone else None
        changed.append("contact_phone")
    if changed:
        org.sqlmodel_update(new)
        session.add(org)
        session.flush()
        audit.record(
            session, actor, "orgs.describe", ("organisation", org_id), at=at, org_id=org_id,
            changed=changed,
        )  # fmt: skip
    return org


def show_contact(session: Session, actor: Actor, *, org_id: int, at: datetime) -> str:
    """The contact's phone number in full; the look is written down.

    Refuses: NoSuchOrganisation, Forbidden (its secretary, official or administrator).
    """
    org = queries.organisation(session, org_id)
    actor.require(*CONTACT_READERS, org_id=org_id)
    audit.record(
        session, actor, "orgs.show_contact", ("organisation", org_id), at=at, org_id=org_id
    )
    return queries.contact_phone(org)
