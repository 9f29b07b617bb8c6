"""A member's part of the register: who she is, where she belongs, what she agreed to, her cards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Session
from pointsbank.core.encryption import unseal
from pointsbank.core.errors import say
from pointsbank.core.person import Sections
from pointsbank.ledger import queries as ledger
from pointsbank.ledger.rules import DEFAULT_UNITS, MORALITY, REASON_NAMES, household_account
from pointsbank.members import queries
from pointsbank.members.merging import belongings, pass_back, pass_over
from pointsbank.members.models import (
    Affiliation,
    Card,
    DeputyRole,
    HonourRecord,
    Member,
    MemberConsent,
    MemberGuardian,
    NameKey,
    TrainingRecord,
)
from pointsbank.members.operations import come_back, leave
from pointsbank.members.rules import (
    CONSENT_NAMES,
    DEPUTY_NAMES,
    DOCUMENT_NAMES,
    HONOUR_LEVEL_NAMES,
    LEAVING_NAMES,
    PARTY_STATUS_NAMES,
    RELATION_NAMES,
    SEX_NAMES,
    Document,
    DocumentKind,
    Leaving,
    document_tail,
)
from pointsbank.orgs.models import Organisation

TABLES = (
    "member", "name_key", "affiliation", "party_standing", "member_consent", "member_guardian",
    "card", "household", "household_member", "deputy_role", "training_record", "honour_record",
)  # fmt: skip

ERASED_NAME = say("已注销成员")
"""What an erased member is called, beside her number."""

_PLAIN = ("sex", "birth_on")
_MOST_LINES = 1_000_000


def export(session: Session, member_id: int) -> Sections:
    """Her record, with what is sealed in full; her ties, consents, guardian, cards."""
    record = queries.member(session, member_id)
    return {
        say("登记信息"): [_record(record)],
        say("所属组织"): [
            {
                say("关系"): RELATION_NAMES[tie.relation],
                say("组织"): name,
                say("自"): tie.from_on,
                say("至"): tie.until_on,
            }
            for tie, name in session.execute(
                select(Affiliation, col(Organisation.name))
                .join(Organisation, col(Organisation.id) == col(Affiliation.org_id))
                .where(col(Affiliation.member_id) == member_id)
                .order_by(col(Affiliation.from_on), col(Affiliation.org_id))
            )
        ],
        say("政治面貌变化"): [
            {
                say("政治面貌"): PARTY_STATUS_NAMES[standing.status],
                say("自"): standing.from_on,
                say("至"): standing.until_on,
            }
            for standing in queries.party_standings(session, member_id)
        ],
        say("同意事项"): [
            {
                say("事项"): CONSENT_NAMES[consent.kind],
                say("文本版本"): consent.text_version,
                say("同意时间"): consent.given_at,
                say("撤回时间"): consent.withdrawn_at,
            }
            for consent in queries.consents(session, member_id)
        ],
        say("监护人"): [
            {
                say("姓名"): guardian.name,
                say("电话"): unseal(guardian.phone_sealed),
                say("关系"): guardian.relation,
                say("同意时间"): guardian.consented_at,
            }
            for guardian in [queries.guardian(session, member_id)]
            if guardian is not None
        ],
        **_notes(session, member_id),
        say("志愿者卡"): [
            {
                say("卡号"): card.digits,
                say("制卡时间"): card.issued_at,
                say("挂失时间"): card.lost_at,
            }
            for card in session.execute(
                select(Card).where(col(Card.member_id) == member_id).order_by(col(Card.id))
            ).scalars()
        ],
    }


def _notes(session: Session, member_id: int) -> Sections:
    """Households, training, honours, and terms as a deputy."""
    return {
        say("家庭"): [
            {
                say("家庭编号"): time.household_id,
                say("户主"): queries.household(session, time.household_id).head_id == member_id,
                say("家庭道德积分"): (
                    ledger.household_balances(session, time.household_id)[MORALITY]
                    if time.until_on is None
                    else None
                ),
                say("自"): time.from_on,
                say("至"): time.until_on,
            }
            for time in queries.household_times(session, [member_id])
        ],
        say("家庭积分流水"): _household_entries(session, member_id),
        say("培训"): [
            {
                say("培训内容"): note.title,
                say("举办单位"): note.provider,
                say("日期"): note.on_day,
                say("分钟"): note.minutes,
            }
            for note in queries.noted(session, TrainingRecord, [member_id])
        ],
        say("表彰奖励"): [
            {
                say("表彰名称"): note.title,
                say("表彰单位"): note.awarded_by,
                say("级别"): HONOUR_LEVEL_NAMES[note.level],
                say("日期"): note.on_day,
            }
            for note in queries.noted(session, HonourRecord, [member_id])
        ],
        say("两代表一委员"): [
            {
                say("身份"): DEPUTY_NAMES[note.kind],
                say("届次"): note.body,
                say("自"): note.from_on,
                say("至"): note.until_on,
            }
            for note in queries.noted(session, DeputyRole, [member_id])
        ],
    }


def _household_entries(session: Session, member_id: int) -> list[dict[str, Any]]:
    """The statements of her household as her passbook has them, the oldest line first; whose doing
    a line was, and what was written beside it, is not hers alone.
    """
    names = {unit.code: unit.name for unit in DEFAULT_UNITS}
    households = queries.shared_households(session, [member_id]).get(member_id, [])
    lines = [
        (household_id, code, line)
        for household_id in households
        for code in ledger.household_balances(session, household_id)
        for line in ledger.joint_statement(
            session, [household_account(household_id, code)], most=_MOST_LINES
        )
    ]
    return [
        {
            say("家庭编号"): household_id,
            say("流水号"): line.id,
            say("日期"): line.effective_on,
            say("记入时间"): line.recorded_at,
            say("记账单位"): names.get(code, code),
            say("数量"): line.amount,
            say("记后余额"): line.balance,
            say("事由"): REASON_NAMES.get(line.reason, line.reason),
            say("冲正流水号"): line.reverses,
        }
        for household_id, code, line in sorted(lines, key=lambda found: found[2].id)
    ]


def _record(record: Member) -> dict[str, Any]:
    kind = record.document_kind
    return {
        say("志愿者编号"): record.number,
        say("姓名"): record.name,
        say("性别"): SEX_NAMES[record.sex] if record.sex else None,
        say("出生日期"): record.birth_on,
        say("手机号"): unseal(record.phone_sealed) if record.phone_sealed else "",
        say("证件类型"): DOCUMENT_NAMES[kind] if kind else None,
        say("证件号码"): unseal(record.document_sealed) if record.document_sealed else "",
        say("政治面貌"): PARTY_STATUS_NAMES[record.party_status],
        say("入党日期"): record.joined_party_on,
        say("技能"): "、".join(record.skills),
        say("可服务时间"): record.available,
        say("登记日期"): record.registered_on,
        say("退出日期"): record.left_on,
        say("退出类型"): LEAVING_NAMES[record.leaving] if record.leaving else None,
    }


def merge(session: Session, *, kept_id: int, other_id: int, at: datetime) -> Mapping[str, Any]:
    """The other record leaves the register, as a part of the kept one, and so do those merged into
    it before. What the kept one lacks of phone, document, sex and birth date it gets, and the
    other's teams and household: see ``merging``.

    Sealed numbers stay on the other too, without being found there: so all of it can be undone.
    """
    followed = list(
        session.execute(
            select(col(Member.id)).where(col(Member.merged_into_id) == other_id)
        ).scalars()
    )
    on = clock.local_day(at)
    passed = belongings(session, kept_id, other_id, on)
    leave(
        session, SYSTEM, member_id=other_id, leaving=Leaving.MERGED, on=on, at=at, into_id=kept_id
    )
    _belong(session, followed, kept_id)
    _set(session, kept_id, pass_over(session, kept_id, passed))
    took = _take_over(session, kept_id, other_id)
    return {"followed": followed, "took": took, "passed": passed}


def _take_over(session: Session, kept_id: int, other_id: int) -> list[str]:
    kept, other = queries.member(session, kept_id), queries.member(session, other_id)
    found: dict[str, Any] = {}
    took = [name for name in _PLAIN if getattr(kept, name) is None and getattr(other, name)]
    found |= {name: getattr(other, name) for name in took}
    for what, columns in _SEALED.items():
        if getattr(kept, f"{what}_sealed") is None and getattr(other, f"{what}_sealed"):
            found |= {name: getattr(other, name) for name in columns}
            hidden = {name: None if name.endswith("_digest") else "" for name in _FINDS[what]}
            _set(session, other_id, hidden)
            took.append(what)
    _set(session, kept_id, found)
    return took


_SEALED = {
    "phone": ("phone_sealed", "phone_digest", "phone_tail"),
    "document": ("document_kind", "document_sealed", "document_digest", "document_tail"),
}
_FINDS = {
    "phone": ("phone_digest", "phone_tail"),
    "document": ("document_digest", "document_tail"),
}


def unmerge(
    session: Session, *, kept_id: int, other_id: int, facts: Mapping[str, Any], at: datetime
) -> None:
    """The other record is in force again as if it had never left, with what it gave away, unless
    the kept one was given something else meanwhile.
    """
    other = queries.member(session, other_id)
    came_back_on = other.left_on or clock.local_day(at)
    come_back(session, SYSTEM, member_id=other_id, on=came_back_on, at=at)
    _belong(session, facts.get("followed", []), other_id)
    _set(session, kept_id, pass_back(session, kept_id, other_id, facts["passed"]))
    kept = queries.member(session, kept_id)
    for what in facts.get("took", []):
        if what in _PLAIN:
            if getattr(kept, what) == getattr(other, what):
                _set(session, kept_id, {what: None})
            continue
        found = _finds(what, other)
        if getattr(kept, f"{what}_digest") == found[f"{what}_digest"]:
            gone = {name: "" if name.endswith("_tail") else None for name in _SEALED[what]}
            _set(session, kept_id, gone)
            _set(session, other_id, found)


def _finds(what: str, record: Member) -> dict[str, Any]:
    """By what a sealed number is found: digest and last four."""
    if what == "phone":
        phone = unseal(record.phone_sealed or b"")
        return {"phone_digest": queries.phone_digest(phone), "phone_tail": phone[-4:]}
    number = unseal(record.document_sealed or b"")
    kind = DocumentKind(str(record.document_kind))  # there is one: they are sealed together
    document = Document(kind, number)
    return {
        "document_digest": queries.document_digest(document),
        "document_tail": document_tail(number),
    }


def erase(session: Session, member_id: int, at: datetime) -> None:
    """Who she is goes: name, sex, birth date, phone, document, skills, times, guardian, cards,
    and what was noted of training, honours and terms.

    Where she belonged and when she agreed to what stays, under her number: reports of past years
    count her, and the bank must be able to show that she had agreed.
    """
    record = queries.member(session, member_id)
    if record.left_on is None:
        leave(
            session, SYSTEM, member_id=member_id, leaving=Leaving.ERASED, on=clock.local_day(at),
            at=at,
        )  # fmt: skip
    for table in (NameKey, MemberGuardian, Card, DeputyRole, TrainingRecord, HonourRecord):
        session.execute(delete(table).where(col(table.member_id) == member_id))
    session.execute(
        update(MemberConsent)
        .where(col(MemberConsent.member_id) == member_id, col(MemberConsent.withdrawn_at).is_(None))
        .values(withdrawn_at=at)
    )
    _set(
        session,
        member_id,
        {
            "name": ERASED_NAME,
            "leaving": Leaving.ERASED,
            "skills": [],
            "available": "",
            **dict.fromkeys(_PLAIN),
            **{
                name: "" if name.endswith("_tail") else None
                for columns in _SEALED.values()
                for name in columns
            },
        },
    )


def _belong(session: Session, record_ids: list[int], kept_id: int) -> None:
    session.execute(
        update(Member).where(col(Member.id).in_(record_ids)).values(merged_into_id=kept_id)
    )


def _set(session: Session, member_id: int, values: Mapping[str, Any]) -> None:
    """Change columns of a record, which an open page then knows to be another version."""
    if not values:
        return
    session.execute(
        update(Member)
        .where(col(Member.id) == member_id)
        .values(**values, version=col(Member.version) + 1)
    )
    session.expire_all()
