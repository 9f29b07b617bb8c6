"""The language of the audit trail: its lines, its seals, and what is wrong with one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class TrailLine:
    """An entry of the audit trail with the name of who acted, for the auditor's eyes;
    ``subject_number`` is the volunteer number of the member whom it is about.
    """

    id: int
    at: datetime
    actor_kind: str
    actor_id: int
    actor_name: str
    roles: tuple[str, ...]
    address: str
    action: str
    subject_kind: str
    subject_id: int
    org_id: int | None
    facts: dict[str, Any]
    subject_number: str = ""


@dataclass(frozen=True, slots=True)
class TrailFault:
    """The first thing in the trail that is not as it was sealed.

    ``what``: ``changed`` (a run's entries), ``chain`` (a seal), ``published`` (not the seal that
    was made public).
    """

    what: str
    seal_id: int
    first_entry_id: int
    last_entry_id: int


@dataclass(frozen=True, slots=True)
class TrailFindings:
    """What a reading of the trail found; ``line`` of the last seal is for a notice board."""

    entries: int
    seals: int
    pruned: int
    unsealed: int
    line: str
    fault: TrailFault | None
