"""The register's local rules: from which age, and the words of what members agree to."""

from datetime import date, datetime

from sqlmodel import Session

from pointsbank.core.actor import Actor, Role
from pointsbank.core.errors import Forbidden
from pointsbank.local_rules.operations import adopt
from pointsbank.members.models import ConsentText, RegistrationRuleRow
from pointsbank.members.rules import (
    MOST_CONSENT_CHARACTERS,
    PROGRAM_TEXT,
    Consent,
    RegistrationRule,
    TooLong,
    check_least_age,
)
from pointsbank.orgs.queries import organisation

TEXT_ADOPTERS = (Role.SECRETARY, Role.ADMINISTRATOR)


def adopt_registration_rule(
    session: Session, actor: Actor, *, org_id: int, from_on: date, least_age: int, at: datetime
) -> RegistrationRule:
    """Put a rule for registrations into force from a day.

    Refuses as ``local_rules.adopt``, then LeastAgeOutOfRange.
    """
    terms = {"least_age": least_age}
    return adopt(
        session, actor, RegistrationRuleRow, org_id=org_id, from_on=from_on, terms=terms, at=at,
        check=lambda: check_least_age(least_age),
    ).frozen()  # fmt: skip


def adopt_consent_text(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    kind: Consent,
    body: str,
    from_on: date,
    at: datetime,
) -> int:
    """Put new words for a consent into use from a day, in the whole bank; their version. What was
    agreed to before stays. ``org_id`` is the highest organisation.

    Refuses: NoSuchOrganisation, Forbidden (another organisation's), then as ``local_rules.adopt``
    (its secretary or administrator), TooLong.
    """
    if organisation(session, org_id).parent_id is not None:
        raise Forbidden
    words = body.strip()

    def check() -> None:
        if not 0 < len(words) <= MOST_CONSENT_CHARACTERS:
            raise TooLong(most=MOST_CONSENT_CHARACTERS)

    return adopt(
        session, actor, ConsentText, org_id=org_id, part=kind, from_on=from_on,
        terms={"body": words}, at=at, by=TEXT_ADOPTERS, after=PROGRAM_TEXT, check=check,
    ).version  # fmt: skip
