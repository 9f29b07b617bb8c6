"""Party status: none, applicant, probationary, full. Pure."""

from datetime import date
from enum import StrEnum

from pointsbank.core.errors import Invalid, say
from pointsbank.members.minors import DayInFuture


class PartyStatus(StrEnum):
    NONE = "none"
    APPLICANT = "applicant"
    PROBATIONARY = "probationary"
    FULL = "full"


PARTY_STATUS_NAMES = {
    PartyStatus.NONE: say("群众"),
    PartyStatus.APPLICANT: say("入党申请人"),
    PartyStatus.PROBATIONARY: say("预备党员"),
    PartyStatus.FULL: say("正式党员"),
}

IN_THE_PARTY = frozenset({PartyStatus.PROBATIONARY, PartyStatus.FULL})


class JoinedWithoutParty(Invalid):
    sentence = say("填写入党日期时，政治面貌应为预备党员或正式党员。")


def check_joined(status: PartyStatus, joined_on: date | None, on: date) -> None:
    """Refuses: JoinedWithoutParty, DayInFuture."""
    if joined_on is not None and status not in IN_THE_PARTY:
        raise JoinedWithoutParty
    if joined_on is not None and joined_on > on:
        raise DayInFuture(today=on)
