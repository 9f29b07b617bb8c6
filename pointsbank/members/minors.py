"""Minors: from which age people are registered, and who agrees for them. Pure."""

from dataclasses import dataclass
from datetime import date

from pointsbank.core.errors import Invalid, say
from pointsbank.members.names import check_name, check_phone

ADULT = 18
MOST_RELATION_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class Guardian:
    """Who agreed that a minor is registered; ``relation`` in the family's words: 母亲."""

    name: str
    phone: str
    relation: str


@dataclass(frozen=True, slots=True)
class RegistrationRule:
    """Dated local rule. Nobody younger than ``least_age`` is registered; minors need a guardian."""

    least_age: int = 14


class DayInFuture(Invalid):
    sentence = say("日期不能晚于今天（%(today)s）。")


class TooYoung(Invalid):
    sentence = say("未满 %(least_age)s 周岁，按现行登记规则不能登记。")


class LeastAgeOutOfRange(Invalid):
    sentence = say("最低登记年龄应在 0 到 %(most)s 周岁之间。")


class GuardianMissing(Invalid):
    sentence = say("未满 18 周岁的成员须有监护人同意：请填写监护人的姓名、电话和关系。")


class RelationInvalid(Invalid):
    sentence = say("监护关系应为 1 到 %(most)s 个字，例如“母亲”。")


def age_on(birth_on: date, day: date) -> int:
    """Full years 周岁 on a day."""
    return day.year - birth_on.year - ((day.month, day.day) < (birth_on.month, birth_on.day))


def is_grown(birth_on: date | None, on: date) -> bool:
    """Whether somebody is of age on a day. Without a birth date one counts as grown."""
    return birth_on is None or age_on(birth_on, on) >= ADULT


def check_age(
    birth_on: date | None, *, has_guardian: bool, on: date, rule: RegistrationRule
) -> None:
    """Refuses: DayInFuture, TooYoung, GuardianMissing. Without a birth date one counts as grown."""
    if birth_on is None:
        return
    if birth_on > on:
        raise DayInFuture(today=on)
    age = age_on(birth_on, on)
    if age < rule.least_age:
        raise TooYoung(least_age=rule.least_age)
    if not is_grown(birth_on, on) and not has_guardian:
        raise GuardianMissing


def check_least_age(least_age: int) -> None:
    """Refuses: LeastAgeOutOfRange."""
    if not 0 <= least_age <= ADULT:
        raise LeastAgeOutOfRange(most=ADULT)


def check_guardian(guardian: Guardian) -> Guardian:
    """Refuses: NameInvalid, PhoneInvalid, RelationInvalid."""
    relation = guardian.relation.strip()
    checked_guardian = Guardian(check_name(guardian.name), check_phone(guardian.phone), relation)
    if not 0 < len(relation) <= MOST_RELATION_CHARACTERS:
        raise RelationInvalid(most=MOST_RELATION_CHARACTERS)
    return checked_guardian
