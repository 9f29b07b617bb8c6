"""The language of local rules: their kinds and terms, how both are put into words, refusals."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Protocol, TypeVar

from pointsbank.core.actor import Role
from pointsbank.core.errors import Conflict, NotFound, say


class Version(Protocol):
    """What tells a version from others; ``part`` is the unit of points, the consent it is for."""

    @property
    def org_id(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def from_on(self) -> date: ...
    @property
    def part(self) -> str: ...
    @property
    def as_above(self) -> bool: ...
    @property
    def recalls(self) -> int | None: ...


V = TypeVar("V", bound=Version)


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence and the facts for its places; the edge translates both."""

    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict)


_NUMBER = "%(value)s %(unit)s"
_NAMED = say("%(name)s：%(value)s %(unit)s")
_VERBATIM = "%(text)s"


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from ``least`` to ``most``; where it is ``optional``, none means no limit."""

    CONTROL: ClassVar[str] = "number"

    name: str
    label: str
    least: int
    most: int
    unit: str
    hint: str = ""
    optional: bool = False

    def said(self, value: int | None) -> tuple[Told, ...]:
        if value is None:
            return (Told(say("不限")),)
        return (Told(_NUMBER, {"value": value, "unit": self.unit}),)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A whole number for each of the options that has one."""

    CONTROL: ClassVar[str] = "numbers"

    name: str
    label: str
    options: Mapping[Any, str]
    least: int
    most: int
    unit: str
    hint: str = ""
    none: str = say("无")

    def said(self, value: Mapping[str, int]) -> tuple[Told, ...]:
        if not value:
            return (Told(self.none),)
        return tuple(
            Told(_NAMED, {"name": name, "value": value[code], "unit": self.unit})
            for code, name in self.options.items()
            if code in value
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few."""

    CONTROL: ClassVar[str] = "choice"

    name: str
    label: str
    options: Mapping[Any, str]
    hint: str = ""

    def said(self, value: str) -> tuple[Told, ...]:
        return (Told(self.options[value]),)


@dataclass(frozen=True, slots=True)
class Words:
    """A text of at most so many characters."""

    CONTROL: ClassVar[str] = "words"

    name: str
    label: str
    most: int
    hint: str = ""

    def said(self, value: str) -> tuple[Told, ...]:
        return (Told(_VERBATIM, {"text": value}),)


Term = Number | Numbers | Choice | Words
Terms = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """What a rule makes of one case, in a volunteer's words: 2 h of patrol, 20 points."""

    case: Told
    outcome: Told


@dataclass(frozen=True, slots=True)
class Preset:
    """Another place's rule, by part, ready to adopt."""

    name: str
    terms: Mapping[str, Terms]


@dataclass(frozen=True, slots=True, eq=False)
class RuleKind:
    """One kind of local rule, as a feature's ``local_rules.py`` gives it.

    ``path``: its word in addresses. ``table``: its versions. ``standing``: by part, the terms that
    hold where nobody adopted any. ``adopt``: the feature's operation ``(session, actor, *, org_id,
    from_on, at, **terms)``, with the part by its column's name. ``bank_wide``: only the highest
    organisation adopts it.
    """

    path: str
    name: str
    about: str
    place: int
    table: Any
    terms: tuple[Term, ...]
    standing: Mapping[str, Terms]
    samples: Callable[[Terms], Sequence[Sample]]
    adopt: Callable[..., Any]
    part_names: Mapping[str, str] = field(default_factory=dict)
    presets: Sequence[Preset] = ()
    adopters: tuple[Role, ...] = (Role.SECRETARY,)
    bank_wide: bool = False

    @property
    def action(self) -> str:
        """Its name in the audit trail."""
        return str(self.table.adoption())

    @property
    def subject(self) -> str:
        """What its versions are called in the audit trail."""
        return str(self.table.__tablename__)

    def term(self, name: str) -> Term:
        return next(term for term in self.terms if term.name == name)

    def presets_for(self, part: str) -> list[tuple[str, Terms]]:
        return [(each.name, each.terms[part]) for each in self.presets if part in each.terms]


@dataclass(frozen=True, slots=True)
class Change:
    """A case and what the rule makes of it before and after."""

    case: Told
    before: Told | None
    after: Told | None


ADOPTERS = (Role.SECRETARY, Role.ADMINISTRATOR)
"""Who adopts some kind of local rule; the kind says who this one."""


class NoSuchRuleKind(NotFound):
    sentence = say("没有这类规则。")


class RuleBackdated(Conflict):
    """A rule may not change what people were told before."""

    sentence = say("规则不能追溯：最早从%(today)s起施行。")


class LaterRuleStands(Conflict):
    """Versions follow one another in time."""

    sentence = say("第%(version)s版规则已定于%(from_on)s起施行，新规则须晚于这一天。")


class NothingOwn(Conflict):
    sentence = say("本组织没有自己的规定，现在就沿用上级的规则。")


class NoSuchVersion(NotFound):
    sentence = say("本组织没有这一版规则。")


class VersionBegun(Conflict):
    """What it decided stays decided."""

    sentence = say("第%(version)s版规则已于%(from_on)s起施行，不能撤回。可以另定新规则。")


def standing(versions: Iterable[V]) -> list[V]:
    """The versions that were not taken back, without the rows that say so, in the same order."""
    written = list(versions)
    gone = {(one.org_id, one.part, one.recalls) for one in written}
    return [
        one
        for one in written
        if one.recalls is None and (one.org_id, one.part, one.version) not in gone
    ]


def deciding(versions: Iterable[V], on: date) -> dict[str, V]:
    """The version of each part that decides on a day, from standing versions in order of nearness
    and of each organisation's the newest first; none where the standing rule does.
    """
    found: dict[str, V] = {}
    as_above: set[tuple[int, str]] = set()
    for version in versions:
        if version.from_on > on or (version.org_id, version.part) in as_above:
            continue
        if version.as_above:
            as_above.add((version.org_id, version.part))
        else:
            found.setdefault(version.part, version)
    return found


def changes(kind: RuleKind, before: Terms, after: Terms) -> list[Change]:
    """What two rules make differently of the kind's cases."""
    was = {told.case.sentence + str(told.case.facts): told for told in kind.samples(before)}
    now = {told.case.sentence + str(told.case.facts): told for told in kind.samples(after)}
    return [
        Change(
            (now.get(case) or was[case]).case,
            was[case].outcome if case in was else None,
            now[case].outcome if case in now else None,
        )
        for case in dict.fromkeys([*now, *was])
        if case not in was or case not in now or was[case].outcome != now[case].outcome
    ]


def differing(kind: RuleKind, before: Terms, after: Terms) -> list[Term]:
    """The terms in which two rules differ."""
    return [term for term in kind.terms if before[term.name] != after[term.name]]
