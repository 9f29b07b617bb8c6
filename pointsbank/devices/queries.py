"""Reads of devices and machines; ``actor_of_token`` is on the way of each of their requests."""

import unicodedata
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection
from sqlmodel import col

from pointsbank.access.models import User
from pointsbank.access.queries import scoped_grant, token_digest
from pointsbank.core.actor import Actor, Role, Scope
from pointsbank.core.clock import local_day
from pointsbank.core.database import Session, table_of
from pointsbank.core.encryption import digest
from pointsbank.core.statements import Prepared
from pointsbank.devices.models import Device, Machine, Pairing
from pointsbank.devices.rules import (
    COUNTER_PAIRERS,
    DEVICE_TOKEN,
    PAIRERS,
    DeviceLine,
    MachineLine,
    NoSuchDevice,
    NoSuchMachine,
    NoSuchPairing,
    code_folded,
    pairing_code,
)
from pointsbank.events.models import Event
from pointsbank.events.rules import EventState
from pointsbank.members.models import Card
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation

_device, _machine, _event = table_of(Device), table_of(Machine), table_of(Event)
_AT_DOORS = (EventState.PUBLISHED, EventState.OPEN)
_of_device = Prepared(
    select(_device.c.id, _device.c.org_id, _device.c.scope, _device.c.event_id).where(
        _device.c.token_digest == bindparam("digest"), _device.c.revoked_at.is_(None)
    )
)
_of_machine = Prepared(
    select(_machine.c.id, _machine.c.org_id, _machine.c.scopes).where(
        _machine.c.token_digest == bindparam("digest"),
        _machine.c.revoked_at.is_(None),
        _machine.c.expires_on >= bindparam("today"),
    )
)


def actor_of_token(
    connection: Connection, token: str, at: datetime, *, address: str = ""
) -> Actor | None:
    """The device or machine behind a token; None once it is revoked or has expired.

    A device at a door runs its event as an organiser would, a machine sees what an official of its
    organisation sees, and one that sends scans runs the events there; routes open to them by their
    scopes alone.
    """
    asked = {"digest": token_digest(token), "today": local_day(at)}
    if token.startswith(DEVICE_TOKEN):
        rows = _of_device.run(connection, {"digest": asked["digest"]})
        if not rows:
            return None
        device_id, org_id, scope, event_id = rows[0]
        role = Role.ORGANISER if scope is Scope.AT_DOOR else Role.VOLUNTEER
        grants = (scoped_grant(connection, role, org_id),)
        return Actor(
            "device", device_id, grants=grants, address=address, scopes=frozenset({scope}),
            event_id=event_id,
        )  # fmt: skip
    rows = _of_machine.run(connection, asked)
    if not rows:
        return None
    machine_id, org_id, names = rows[0]
    scopes = frozenset(Scope(name) for name in names)
    roles = [Role.OFFICIAL, *([Role.ORGANISER] if Scope.SEND_SCANS in scopes else [])]
    held = tuple(scoped_grant(connection, role, org_id) for role in roles)
    return Actor("machine", machine_id, grants=held, address=address, scopes=scopes)


def code_of(pairing: Pairing) -> str:
    """The code of a pairing, as often as it is asked: it is stored nowhere."""
    return pairing_code(digest(pairing.key, "pairing code"))


def code_digest(code: str) -> bytes:
    return digest(code_folded(code), "pairing")


def device(session: Session, device_id: int) -> Device:
    """The device, or ``NoSuchDevice``."""
    found = session.get(Device, device_id)
    if found is None:
        raise NoSuchDevice
    return found


def pairing(session: Session, actor: Actor, pairing_id: int) -> Pairing:
    """A pairing, for who may offer such; else ``NoSuchPairing``."""
    found = session.get(Pairing, pairing_id)
    if found is None or not actor.may(*pairers(found.scope), org_id=found.org_id):
        raise NoSuchPairing
    return found


def pairing_by_code(session: Session, code: str) -> Pairing:
    """The pairing of a code, or ``NoSuchPairing``."""
    wanted = select(Pairing).where(col(Pairing.code_digest) == code_digest(code))
    found: Pairing | None = session.execute(wanted).scalar()
    if found is None:
        raise NoSuchPairing
    return found


def pairing_by_key(session: Session, key: str) -> Pairing | None:
    """The pairing that a client's key stands for."""
    found: Pairing | None = session.execute(select(Pairing).where(col(Pairing.key) == key)).scalar()
    return found


def machine(session: Session, machine_id: int) -> Machine:
    """The machine, or ``NoSuchMachine``."""
    found = session.get(Machine, machine_id)
    if found is None:
        raise NoSuchMachine
    return found


def pairers(scope: Scope) -> tuple[Role, ...]:
    """Who may pair, see and revoke devices of this post."""
    return PAIRERS if scope is Scope.AT_DOOR else COUNTER_PAIRERS


def devices(session: Session, actor: Actor) -> list[DeviceLine]:
    """The devices of this actor's organisations, those in use first."""
    place = table_of(Organisation)
    rows = session.execute(
        select(
            *_device.c["id", "name", "scope", "org_id"],
            place.c.name.label("org_name"),
            _event.c.title,
            *_device.c["paired_at", "last_seen_at", "revoked_at"],
        )
        .join(place, place.c.id == _device.c.org_id)
        .outerjoin(_event, _event.c.id == _device.c.event_id)
        .where(orgs.among(Device.org_id, actor.reach(*PAIRERS)))
        .order_by(_device.c.revoked_at.is_not(None), _device.c.id.desc())
    )
    return [
        DeviceLine(row[0], row[1], row[2], row[3], row[4], row[5] or "", *row[6:])
        for row in rows
        if actor.may(*pairers(row.scope), org_id=row.org_id)
    ]


def machines(session: Session, actor: Actor) -> list[MachineLine]:
    """The machines of this administrator's organisations, those in use first."""
    place = table_of(Organisation)
    rows = session.execute(
        select(
            *_machine.c["id", "name", "scopes"],
            place.c.name,
            *_machine.c["made_at", "expires_on", "revoked_at"],
        )
        .join(place, place.c.id == _machine.c.org_id)
        .where(orgs.among(Machine.org_id, actor.reach(Role.ADMINISTRATOR)))
        .order_by(_machine.c.revoked_at.is_not(None), _machine.c.id.desc())
    )
    return [MachineLine(row[0], row[1], tuple(row[2]), *row[3:]) for row in rows]


def card_holder(session: Session, digits: str) -> User | None:
    """The account of whose printed card this is; nothing is told of lost and unknown ones."""
    bare = "".join(c for c in unicodedata.normalize("NFKC", digits) if c.isdigit())
    wanted = (
        select(User)
        .join(Card, col(Card.member_id) == col(User.member_id))
        .where(col(Card.digits) == bare, col(Card.lost_at).is_(None))
    )
    found: User | None = session.execute(wanted).scalar()
    return found


def places(session: Session, actor: Actor, *roles: Role) -> list[tuple[int, str]]:
    """The organisations for which one may pair a device or let a machine read: those that roles are
    held for, and the communities below them.
    """
    held = {grant.org_id for grant in actor.grants if grant.role in roles}
    found = orgs.organisations(session, held)
    below = {org.id: org for org in orgs.of_kind(session, "community", held)}
    return [(org.id, org.name) for org in (found | below).values()]


def doors(session: Session, actor: Actor, *, at: datetime) -> list[tuple[int, str]]:
    """The events at whose door this actor may put a device: not over, published or open."""
    rows = session.execute(
        select(_event.c.id, _event.c.title)
        .where(
            orgs.among(Event.org_id, actor.reach(*PAIRERS)),
            _event.c.ends_at > at,
            _event.c.state.in_(_AT_DOORS),
        )
        .order_by(_event.c.starts_at)
        .limit(50)
    )
    return [(row.id, row.title) for row in rows]


def door(session: Session, event_id: int, *, at: datetime) -> tuple[int, int] | None:
    """Id and organisation of an event at whose door a device may stand now."""
    row = session.execute(
        select(_event.c.id, _event.c.org_id).where(
            _event.c.id == event_id,
            _event.c.ends_at > at,
            _event.c.state.in_(_AT_DOORS),
        )
    ).first()
    return None if row is None else (row.id, row.org_id)
