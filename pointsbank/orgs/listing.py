"""The tree as pages show it: the tops of somebody's reach, what is under one, what is sought."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlmodel import Session, col

from pointsbank.core.actor import Actor
from pointsbank.orgs import queries
from pointsbank.orgs.models import Organisation, OrganisationKind
from pointsbank.orgs.rules import Kind, may_sit_under

MOST_OF_A_KIND = 30
MOST_CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class Node:
    """An organisation and how many open ones lie below it, at any depth."""

    org: Organisation
    below: int


@dataclass(frozen=True, slots=True)
class Branch:
    """Children of one kind, the first of them; ``total``: how many there are."""

    kind: Kind
    nodes: tuple[Node, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Sought:
    """One that was found, and what stands above it, highest first, as far as the reader's reach."""

    org: Organisation
    kind: Kind
    above: str


def tops(session: Session, actor: Actor) -> list[Node]:
    """The organisations for which a role is held, but not those below another of them."""
    held = {grant.org_id: grant.reach for grant in actor.grants}
    highest = [
        org_id
        for org_id in held
        if not any(org_id in reach for other, reach in held.items() if other != org_id)
    ]
    return _nodes(session, queries.organisations(session, highest).values())


def branches(session: Session, org_id: int, *, closed: bool) -> list[Branch]:
    """What is directly under an organisation, kind by kind: of a large kind only the first."""
    kinds = queries.kinds(session)
    by_kind: defaultdict[str, list[Organisation]] = defaultdict(list)
    for child in queries.children(session, org_id):
        if closed or child.closed_on is None:
            by_kind[child.kind].append(child)
    shown = [org for found in by_kind.values() for org in found[:MOST_OF_A_KIND]]
    counted = {node.org.id: node for node in _nodes(session, shown)}
    return [
        Branch(
            kinds[code],
            tuple(counted[org.id] for org in by_kind[code][:MOST_OF_A_KIND]),
            len(by_kind[code]),
        )
        for code in sorted(by_kind, key=lambda code: _order(kinds[code]))
    ]


def in_order(kinds: Iterable[Kind]) -> list[Kind]:
    """Line by line, areas first, and in each from high to low."""
    return sorted(kinds, key=_order)


def _order(kind: Kind) -> tuple[int, int, str]:
    return list(type(kind.line)).index(kind.line), kind.level, kind.code


def _nodes(session: Session, orgs: Iterable[Organisation]) -> list[Node]:
    listed = list(orgs)
    below = queries.open_below(session, [org.id for org in listed])
    return [Node(org, below[org.id]) for org in listed]


def sought(
    session: Session,
    actor: Actor,
    *,
    q: str,
    kind: str,
    under: int | None,
    closed: bool,
    page: int,
    size: int,
) -> tuple[list[Sought], int]:
    """A page of those within reach whose name holds what was typed, or whose code it is; and how
    many there are. ``under``: only directly under this one."""
    reach = queries.ids_below(grant.org_id for grant in actor.grants)
    wanted: list[ColumnElement[bool]] = [col(Organisation.id).in_(reach)]
    if q:
        wanted.append(
            or_(
                col(Organisation.name).contains(q, autoescape=True),
                col(Organisation.region_code) == q,
                col(Organisation.credit_code) == q.upper(),
            )
        )
    if kind:
        wanted.append(col(Organisation.kind) == kind)
    if under is not None:
        wanted.append(col(Organisation.parent_id) == under)
    if not closed:
        wanted.append(col(Organisation.closed_on).is_(None))
    total = session.execute(select(func.count(col(Organisation.id))).where(*wanted)).scalar_one()
    found = session.execute(
        _by_rank(select(Organisation)).where(*wanted).limit(size).offset((page - 1) * size)
    )
    return _with_lines(session, actor, list(found.scalars())), total


def _by_rank(question: Select[Organisation]) -> Select[Organisation]:
    """Areas first and high before low; among equals the older."""
    return question.join(
        OrganisationKind, col(OrganisationKind.code) == col(Organisation.kind)
    ).order_by(col(OrganisationKind.line).desc(), col(OrganisationKind.level), col(Organisation.id))


def _with_lines(session: Session, actor: Actor, orgs: Sequence[Organisation]) -> list[Sought]:
    kinds = queries.kinds(session)
    reach = frozenset().union(*(grant.reach for grant in actor.grants))
    lines = queries.ancestors_of(session, [org.id for org in orgs])
    return [
        Sought(
            org,
            kinds[org.kind],
            " › ".join(above.name for above in lines[org.id][:0:-1] if above.id in reach),
        )
        for org in orgs
    ]


def new_parents(
    session: Session, actor: Actor, org: Organisation, reach: Collection[int], q: str
) -> list[Sought]:
    """Where an organisation may go: open ones of this reach of a kind that may have it; those of
    its present parent's kind first."""
    kinds = queries.kinds(session)
    fit = [kind.code for kind in kinds.values() if may_sit_under(kinds[org.kind], kind)]
    parent = queries.organisations(session, [org.parent_id or 0]).get(org.parent_id or 0)
    here = parent.kind if parent is not None else ""
    apart = (org.id, org.parent_id or 0)
    return _candidates(session, actor, kinds=fit, first=here, reach=reach, apart=apart, q=q)


def successors(
    session: Session, actor: Actor, org: Organisation, reach: Collection[int], q: str
) -> list[Sought]:
    """Into what an organisation may be merged: open ones of its kind of this reach."""
    return _candidates(
        session, actor, kinds=[org.kind], first=org.kind, reach=reach, apart=(org.id,), q=q
    )


def _candidates(
    session: Session,
    actor: Actor,
    *,
    kinds: Sequence[str],
    first: str,
    reach: Collection[int],
    apart: Sequence[int],
    q: str,
) -> list[Sought]:
    found = session.execute(
        select(Organisation)
        .where(
            queries.among(Organisation.id, reach),
            col(Organisation.kind).in_(kinds),
            col(Organisation.id).not_in(apart),
            col(Organisation.closed_on).is_(None),
            col(Organisation.name).contains(q, autoescape=True),
        )
        .order_by((col(Organisation.kind) == first).desc(), col(Organisation.id))
        .limit(MOST_CANDIDATES)
    )
    return _with_lines(session, actor, list(found.scalars()))


def kinds_under(session: Session, org: Organisation) -> list[Kind]:
    """The kinds of which something may be founded directly under an organisation."""
    kinds = queries.kinds(session)
    fit = [kind for kind in kinds.values() if may_sit_under(kind, kinds[org.kind])]
    return in_order(fit)
