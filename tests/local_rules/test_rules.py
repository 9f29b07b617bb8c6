"""Which version decides, what two rules make differently, and how every kind is put into words."""

from dataclasses import dataclass
from datetime import date

import pytest

from pointsbank.local_rules import queries
from pointsbank.local_rules.rules import (
    Change,
    Choice,
    NoSuchRuleKind,
    Number,
    Numbers,
    RuleKind,
    Told,
    Words,
    changes,
    deciding,
    differing,
    standing,
)

KINDS = queries.rule_kinds()


@dataclass
class Version:
    org_id: int
    version: int
    from_on: date
    part: str = ""
    as_above: bool = False
    recalls: int | None = None


JANUARY, JUNE = date(2026, 1, 1), date(2026, 6, 1)


@pytest.mark.parametrize(
    ("on", "decides"),
    [
        (date(2025, 12, 31), {}),
        (JANUARY, {"": (1, 1), "party": (9, 1)}),
        (date(2026, 5, 31), {"": (1, 1), "party": (9, 1)}),
        (JUNE, {"": (1, 2), "party": (9, 1)}),
    ],
)
def test_the_nearest_decides_part_by_part_and_of_its_versions_the_newest_begun(
    on: date, decides: dict[str, tuple[int, int]]
) -> None:
    nearest_first = [
        Version(1, 2, JUNE), Version(1, 1, JANUARY), Version(9, 3, JUNE),
        Version(9, 1, JANUARY, "party"),
    ]  # fmt: skip
    found = deciding(nearest_first, on)
    assert {part: (one.org_id, one.version) for part, one in found.items()} == decides


def test_who_has_a_rule_only_for_later_follows_the_one_above_until_then() -> None:
    versions = [Version(1, 1, JUNE), Version(9, 1, JANUARY)]
    assert deciding(versions, JANUARY)[""].org_id == 9
    assert deciding(versions, JUNE)[""].org_id == 1


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (Number("n", "数", 0, 9, "分").said(3), ("%(value)s %(unit)s",)),
        (Number("n", "数", 0, 9, "分", optional=True).said(None), ("不限",)),
        (Choice("c", "选", {"a": "甲", "b": "乙"}).said("b"), ("乙",)),
        (Words("w", "文", 9).said("原文"), ("%(text)s",)),
        (Numbers("m", "各", {"a": "甲", "b": "乙"}, 0, 9, "分").said({}), ("无",)),
    ],
)
def test_a_term_is_said_in_words(said: tuple[Told, ...], told: tuple[str, ...]) -> None:
    assert tuple(each.sentence for each in said) == told


def test_of_many_numbers_those_that_are_given_are_said_in_the_order_of_the_options() -> None:
    said = Numbers("m", "各", {"a": "甲", "b": "乙"}, 0, 9, "分").said({"b": 2, "a": 1})
    assert [each.facts["name"] for each in said] == ["甲", "乙"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.path)
def test_every_kind_says_its_standing_rule_and_presets_in_words(kind: RuleKind) -> None:
    every = [*kind.standing.values()]
    every += [terms for preset in kind.presets for terms in preset.terms.values()]
    for terms in every:
        assert set(terms) == {term.name for term in kind.terms}
        assert kind.samples(terms)
        assert all(term.said(terms[term.name]) for term in kind.terms)
    assert set(kind.part_names) == set(kind.standing) - {""}


def test_every_kind_is_asked_for_by_its_word_and_part() -> None:
    for kind in KINDS:
        for part in kind.standing:
            assert queries.rule_kind(kind.path, part) is kind
    for path, part in (("points-rules", ""), ("hour-rules", "party"), ("gold-rules", "")):
        with pytest.raises(NoSuchRuleKind):
            queries.rule_kind(path, part)


def test_what_changes_is_told_case_by_case() -> None:
    kind = queries.rule_kind("points-rules", "morality")
    before = {**kind.standing["morality"], "points_per_hour": 10}
    after = {**before, "by_category": {"patrol": 15}, "over_cap": "withhold"}
    assert changes(kind, before, before) == []
    (change,) = changes(kind, before, after)
    assert change.case.facts == {"category": "治安巡逻"}
    assert (change.before, change.after) == (
        Told("%(points)s 分", {"points": 20}), Told("%(points)s 分", {"points": 30}),
    )  # fmt: skip
    assert [term.name for term in differing(kind, before, after)] == ["by_category", "over_cap"]


def test_a_case_that_comes_or_goes_is_told_too() -> None:
    kind = queries.rule_kind("star-ladders")
    before, after = ({"window": "lifetime", "levels": {"1": 50, "2": 90}},
                     {"window": "lifetime", "levels": {"1": 50}})  # fmt: skip
    ninety = Told("累计 %(hours)s 小时", {"hours": 90})
    assert changes(kind, before, after) == [Change(Told("二星"), ninety, None)]
    assert changes(kind, after, before) == [Change(Told("二星"), None, ninety)]


def test_what_was_taken_back_does_not_stand_and_as_above_lets_the_next_decide() -> None:
    own = [
        Version(1, 4, JUNE, as_above=True),
        Version(1, 3, JUNE, recalls=2),
        Version(1, 2, JUNE),
        Version(1, 1, JANUARY),
        Version(9, 2, JANUARY),
    ]
    assert [(one.org_id, one.version) for one in standing(own)] == [(1, 4), (1, 1), (9, 2)]
    assert deciding(standing(own), JANUARY)[""].version == 1
    assert deciding(standing(own), JUNE)[""].org_id == 9
    assert deciding(standing(own[:-1]), JUNE) == {}
