"""What people do with a year: seal it, take its sheet away, say from when it may be sealed."""

from datetime import date, datetime

from sqlalchemy import insert, select
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor, Role
from pointsbank.core.statements import portions
from pointsbank.evaluation.models import EvaluationRuleVersion, SealedRow, SealedYear
from pointsbank.evaluation.queries import (
    Evaluation,
    Seal,
    counted,
    last_digest,
    organisation_in_reach,
    rule_in_force,
    seal_of,
    sealed_by_key,
    sealed_year,
)
from pointsbank.evaluation.rules import (
    EvaluationRule,
    NobodyToEvaluate,
    SealKeyReused,
    YearAlreadySealed,
    check_seal_day,
    check_sealable,
    seal_digest,
)
from pointsbank.local_rules.operations import adopt
from pointsbank.orgs.models import Organisation

_ROWS_A_STATEMENT = 2000


def seal_year(
    session: Session, actor: Actor, *, org_id: int, year: int, key: str, at: datetime
) -> Seal:
    """Fix an organisation's evaluation of a year for ever; the same key gives the same seal again.

    Refuses: SealKeyReused (the key belongs to another seal), NoSuchEvaluation (also outside the
    actor's reach), Forbidden (secretary of the organisation), YearAlreadySealed, TooEarlyToSeal
    (before the local rule's day), NobodyToEvaluate.
    """
    _lock(session, org_id)
    before = sealed_by_key(session, key)
    if before:
        if (before.org_id, before.year, before.sealed_by) != (org_id, year, actor.id):
            raise SealKeyReused
        return seal_of(before)
    org = organisation_in_reach(session, actor, org_id)
    actor.require(Role.SECRETARY, org_id=org_id)
    sealed = sealed_year(session, org_id, year)
    if sealed:
        raise YearAlreadySealed(year=str(year), sealed_at=sealed.sealed_at)
    today = clock.local_day(at)
    check_sealable(year, on=today, rule=rule_in_force(session, org_id, today))
    found = counted(session, org, year)
    if not found.people:
        raise NobodyToEvaluate(year=str(year))
    return _write_seal(session, actor, found, key=key, at=at)


def _lock(session: Session, org_id: int) -> None:
    """Let one seal of an organisation be written after the other."""
    anchor = select(col(Organisation.id)).where(col(Organisation.id) == org_id)
    session.execute(anchor.with_for_update(key_share=True))


def _write_seal(
    session: Session, actor: Actor, found: Evaluation, *, key: str, at: datetime
) -> Seal:
    """The seal with its digest, then its rows, then the audit entry."""
    previous = last_digest(session, found.org_id)
    lines = [person.line for person in found.people]
    sealed = SealedYear(
        org_id=found.org_id,
        year=found.year,
        relation=found.relation.value,
        sealed_at=at,
        sealed_by=actor.id,
        columns=[[column.name, column.label, column.unit] for column in found.columns],
        rows_count=len(lines),
        previous_digest=previous,
        digest=seal_digest(
            org_id=found.org_id,
            year=found.year,
            sealed_at=at,
            sealed_by=actor.id,
            previous=previous,
            columns=found.columns,
            rows=lines,
        ),
        key=key,
    )
    session.add(sealed)
    session.flush()
    rows = [
        {
            "sealed_year_id": sealed.id,
            "position": position,
            "member_id": line.member_id,
            "residence_id": line.residence_id,
            "branch_id": line.branch_id,
            "employer_id": line.employer_id,
            "party_status": line.party_status,
            "figures": list(line.figures),
        }
        for position, line in enumerate(lines)
    ]
    for part in portions(rows, _ROWS_A_STATEMENT):
        session.execute(insert(SealedRow), part)
    audit.record(
        session, actor, "evaluation.seal_year", ("sealed_year", sealed.id), at=at,
        org_id=found.org_id, year=found.year, rows=len(rows), digest=sealed.digest.hex(),
    )  # fmt: skip
    return seal_of(sealed)


def record_export(
    session: Session, actor: Actor, *, org_id: int, year: int, file_type: str, at: datetime
) -> None:
    """Write down that somebody takes a sheet with personal data away. Refuses: NoSuchEvaluation."""
    organisation_in_reach(session, actor, org_id)
    audit.record(
        session, actor, "evaluation.export", ("organisation", org_id), at=at,
        org_id=org_id, year=year, file_type=file_type,
    )  # fmt: skip


def adopt_evaluation_rule(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    from_on: date,
    seal_from_month: int,
    seal_from_day: int,
    at: datetime,
) -> EvaluationRule:
    """From ``from_on`` on, an organisation and those below it may seal from this day of a year on.

    Refuses as ``local_rules.adopt``, then SealDayImpossible.
    """
    terms = {"seal_from_month": seal_from_month, "seal_from_day": seal_from_day}
    return adopt(
        session, actor, EvaluationRuleVersion, org_id=org_id, from_on=from_on, terms=terms, at=at,
        check=lambda: check_seal_day(seal_from_month, seal_from_day),
    ).frozen()  # fmt: skip
