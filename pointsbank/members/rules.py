"""The language of members: identity documents, party status, consents, masks and check digits."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypedDict

from pointsbank.core.errors import Conflict, Invalid, NotFound, say
from pointsbank.members.consents import (
    CONSENT_NAMES,
    CONSENT_TEXTS,
    CONSENT_WAY_NAMES,
    PROGRAM_TEXT,
    Consent,
    ConsentWay,
    LeaveInstead,
    NoSuchConsent,
)
from pointsbank.members.documents import (
    DOCUMENT_NAMES,
    SEX_NAMES,
    BirthDisagrees,
    Document,
    DocumentInvalid,
    DocumentKind,
    DocumentTaken,
    Sex,
    SexDisagrees,
    birth_of,
    check_document,
    document_tail,
    masked_document,
    sex_of,
    with_check_digit,
)
from pointsbank.members.minors import (
    ADULT,
    DayInFuture,
    Guardian,
    GuardianMissing,
    LeastAgeOutOfRange,
    RegistrationRule,
    RelationInvalid,
    TooYoung,
    age_on,
    check_age,
    check_guardian,
    check_least_age,
    is_grown,
)
from pointsbank.members.names import (
    PHONE,
    NameInvalid,
    PhoneInvalid,
    check_name,
    check_phone,
    folded_digits,
    masked_name,
    masked_phone,
)
from pointsbank.members.noting import (
    DEPUTY_NAMES,
    HONOUR_LEVEL_NAMES,
    MOST_NOTE_CHARACTERS,
    MOST_TRAINING_MINUTES,
    AlreadyDeputy,
    DeputyKind,
    HonourLevel,
    NoSuchNote,
    NoteInvalid,
    NoteKind,
    TermOver,
    TrainingTooLong,
    check_note,
)
from pointsbank.members.party import (
    IN_THE_PARTY,
    PARTY_STATUS_NAMES,
    JoinedWithoutParty,
    PartyStatus,
    check_joined,
)

__all__ = [
    "ADULT", "CONSENT_NAMES", "CONSENT_TEXTS", "CONSENT_WAY_NAMES", "DEPUTY_NAMES",
    "DOCUMENT_NAMES", "HONOUR_LEVEL_NAMES", "IN_THE_PARTY", "MOST_NOTE_CHARACTERS",
    "MOST_TRAINING_MINUTES", "PARTY_STATUS_NAMES", "PHONE", "PROGRAM_TEXT", "SEX_NAMES",
    "AlreadyDeputy", "BirthDisagrees", "Consent", "ConsentWay", "DayInFuture", "DeputyKind",
    "Document", "DocumentInvalid", "DocumentKind", "DocumentTaken", "Guardian", "GuardianMissing",
    "HonourLevel", "JoinedWithoutParty", "LeastAgeOutOfRange", "LeaveInstead", "NameInvalid",
    "NoSuchConsent", "NoSuchNote", "NoteInvalid", "NoteKind", "PartyStatus", "PhoneInvalid",
    "RegistrationRule", "RelationInvalid", "Sex", "SexDisagrees", "TermOver", "TooYoung",
    "TrainingTooLong", "age_on", "birth_of", "check_age", "check_document", "check_guardian",
    "check_joined", "check_least_age", "check_name", "check_note", "check_phone", "document_tail",
    "folded_digits", "is_grown", "masked_document", "masked_name", "masked_phone", "sex_of",
    "with_check_digit",
]  # fmt: skip
"""What others see through here of the rooms that rules have of their own."""


class Relation(StrEnum):
    """What ties a member to an organisation: one residence, one branch, one employer, many teams.

    Each report names the one that it reads.
    """

    RESIDENCE = "residence"
    BRANCH = "branch"
    EMPLOYER = "employer"
    TEAM = "team"


class Secret(StrEnum):
    """What is masked everywhere, and shown in full for a reason only."""

    PHONE = "phone"
    DOCUMENT = "document"
    GUARDIAN_PHONE = "guardian_phone"


class Leaving(StrEnum):
    """Why a member is no longer in the register."""

    LEFT = "left"
    DIED = "died"
    MERGED = "merged"
    ERASED = "erased"


RELATION_NAMES = {
    Relation.RESIDENCE: say("居住地"),
    Relation.BRANCH: say("党支部"),
    Relation.EMPLOYER: say("工作单位"),
    Relation.TEAM: say("志愿服务队"),
}

LEAVING_NAMES = {
    Leaving.LEFT: say("退出登记"),
    Leaving.DIED: say("去世"),
    Leaving.MERGED: say("已并入另一份登记"),
    Leaving.ERASED: say("个人信息已删除"),
}

SKILLS = (
    say("医疗护理"), say("法律咨询"), say("教育辅导"), say("心理疏导"), say("水电维修"),
    say("家电维修"), say("理发"), say("文艺表演"), say("书法美术"), say("摄影摄像"),
    say("计算机"), say("外语"), say("手语"), say("驾驶"), say("烹饪"), say("应急救援"),
)  # fmt: skip
"""The skills that a new bank starts with; a town adds its own."""


@dataclass(frozen=True, slots=True)
class NewMember:
    """A row of ``register_many``. Without a phone the person uses a printed card."""

    name: str
    residence_id: int
    phone: str = ""
    branch_id: int | None = None
    employer_id: int | None = None
    party_status: PartyStatus = PartyStatus.NONE
    team_ids: tuple[int, ...] = ()
    registered_on: date | None = None
    sex: Sex | None = None
    birth_on: date | None = None
    document: Document | None = None
    joined_party_on: date | None = None
    skills: tuple[str, ...] = ()
    available: str = ""
    guardian: Guardian | None = None
    consents: tuple[Consent, ...] = ()
    consent_way: ConsentWay = ConsentWay.PAPER


class NewMemberFacts(TypedDict, total=False):
    """What ``register`` may be told beside a name and a residence."""

    phone: str
    branch_id: int | None
    employer_id: int | None
    party_status: PartyStatus
    team_ids: tuple[int, ...]
    registered_on: date | None
    sex: Sex | None
    birth_on: date | None
    document: Document | None
    joined_party_on: date | None
    skills: tuple[str, ...]
    available: str
    guardian: Guardian | None
    consents: tuple[Consent, ...]
    consent_way: ConsentWay


class Move(TypedDict, total=False):
    """Where ``move_member`` takes somebody: what is not named stays, None ends the tie."""

    residence_id: int
    branch_id: int | None
    employer_id: int | None


class MemberChanges(TypedDict, total=False):
    """What ``change_member`` may be told: an empty phone, or None, takes away."""

    name: str
    phone: str
    sex: Sex | None
    birth_on: date | None
    document: Document | None
    skills: tuple[str, ...]
    available: str
    guardian: Guardian | None


@dataclass(frozen=True, slots=True)
class PrintedCard:
    """What stands on a volunteer card; its QR code holds the digits and nothing else."""

    name: str
    number: str
    community: str
    digits: str


class NoSuchMember(NotFound):
    sentence = say("没有这位成员。")


class PhoneTaken(Conflict):
    sentence = say("这个手机号已经登记过，请先查询，不要重复登记。")


class NoSuchSkill(Invalid):
    sentence = say("技能名单里没有“%(skill)s”。")


class TooLong(Invalid):
    sentence = say("文字不能超过 %(most)s 个字，也不能只有空格。")


class MemberChanged(Conflict):
    sentence = say("这位成员的资料刚刚被别人改过，请刷新后再改。")


class MoveBackdated(Conflict):
    sentence = say("日期太早：目前这一项自%(since)s起登记。")


class ReasonMissing(Invalid):
    sentence = say("请写明查看的理由，理由会记入审计记录。")


class NothingToShow(NotFound):
    sentence = say("没有登记这一项。")


class NotLeft(Conflict):
    sentence = say("这位成员没有退出登记。")


class NoSuchHousehold(NotFound):
    sentence = say("没有这个家庭。")


class InAHousehold(Conflict):
    sentence = say("已登记在一个家庭里，请先从原来的家庭移出。")


class NotOfHousehold(Conflict):
    sentence = say("这位成员现在不在这个家庭里。")


class HeadStays(Conflict):
    sentence = say("户主移出前，请先把户主变更为家里的其他成员。")


class NotHere(Conflict):
    sentence = say("这位成员目前不在这个组织。")


class AlreadyHere(Conflict):
    sentence = say("这位成员已经在这个组织。")


class NotAHome(Invalid):
    sentence = say("居住地应选择社区、网格或楼栋组。")


class WrongLine(Invalid):
    sentence = say("党支部、单位或志愿队选择有误，请重新选择。")


class MemberLeft(Conflict):
    sentence = say("这位成员已于 %(left_on)s 退出登记。")


class SearchUnreadable(Invalid):
    sentence = say("查找链接已失效，请重新查找。")


class CodeInvalid(NotFound):
    sentence = say("不认识这个码，请核对数字后重试。")


class CodeExpired(Conflict):
    sentence = say("手机上的码已过期（%(minutes)s 分钟前），请刷新页面后重新出示。")


class CardLost(Conflict):
    sentence = say("这张卡已于 %(lost_on)s 挂失，没有补办新卡。")


class CardReplaced(CardLost):
    sentence = say("这张卡已于 %(lost_on)s 挂失，新卡尾号为 %(new_tail)s。")


class NoSuchCard(NotFound):
    sentence = say("没有这张卡。")


class NoCards(NotFound):
    sentence = say("这些成员还没有志愿者卡，请先制卡。")


class CardAlreadyLost(Conflict):
    sentence = say("这张卡已于 %(lost_on)s 挂失。")


MOST_TEXT_CHARACTERS = 200
MOST_CONSENT_CHARACTERS = 2000
MOST_SKILL_CHARACTERS = 20


def check_skills(skills: Collection[str], known: Collection[str]) -> tuple[str, ...]:
    """Each once, in their order. Refuses: NoSuchSkill."""
    for skill in skills:
        if skill not in known:
            raise NoSuchSkill(skill=skill)
    return tuple(dict.fromkeys(skills))


def check_available(text: str) -> str:
    """When she has time, in her words. Refuses: TooLong."""
    if len(text.strip()) > MOST_TEXT_CHARACTERS:
        raise TooLong(most=MOST_TEXT_CHARACTERS)
    return text.strip()


def checked(
    row: NewMember, *, on: date, rule: RegistrationRule, skills: Collection[str]
) -> NewMember:
    """The row as it is registered: trimmed, with what the document says filled in.

    ``on`` is the day of registration, ``skills`` those of the bank. Refuses: NameInvalid,
    PhoneInvalid, DocumentInvalid, BirthDisagrees, SexDisagrees, DayInFuture, TooYoung,
    GuardianMissing, JoinedWithoutParty, NoSuchSkill, TooLong; of a guardian NameInvalid,
    PhoneInvalid, RelationInvalid.
    """
    plain = replace(
        row,
        name=check_name(row.name),
        phone=check_phone(row.phone) if row.phone else "",
    )
    known = with_document(plain)
    check_age(known.birth_on, has_guardian=row.guardian is not None, on=on, rule=rule)
    check_joined(row.party_status, row.joined_party_on, on)
    return replace(
        known,
        skills=check_skills(row.skills, skills),
        available=check_available(row.available),
        guardian=check_guardian(row.guardian) if row.guardian else None,
    )


def with_document(row: NewMember) -> NewMember:
    """The row with its document checked, and birth date and sex from it where they are missing.

    Refuses: DocumentInvalid, BirthDisagrees, SexDisagrees.
    """
    if row.document is None:
        return row
    kind = row.document.kind
    document = Document(kind, check_document(kind, row.document.number))
    birth_on, sex = birth_of(document), sex_of(document)
    if birth_on and row.birth_on and row.birth_on != birth_on:
        raise BirthDisagrees
    if sex and row.sex and row.sex is not sex:
        raise SexDisagrees
    return replace(row, document=document, birth_on=row.birth_on or birth_on, sex=row.sex or sex)


def member_number(year: int, serial: int) -> str:
    """The volunteer number 志愿者编号: year and serial, never an ID number (MZ/T 061-2015)."""
    return f"{year}{serial:06d}"
