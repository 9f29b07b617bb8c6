"""What people do with devices: pair, revoke, sign in on them; and with machines: issue, revoke."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlmodel import col

from pointsbank.access import operations as access
from pointsbank.access.queries import token_digest, user
from pointsbank.access.rules import Entry, LockedOut, LockoutTerms, OpenedSession, Origin, Proof
from pointsbank.core import audit
from pointsbank.core.actor import Actor, Role, Scope
from pointsbank.core.clock import local_day
from pointsbank.core.database import Session, rows_changed
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.devices import queries, rules
from pointsbank.devices.models import Device, Machine, Pairing
from pointsbank.orgs import queries as orgs


def offer_pairing(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    name: str,
    scope: Scope,
    key: str,
    at: datetime,
    event_id: int | None = None,
) -> Pairing:
    """Invite a device to a post; the same key answers the same invitation again.

    Refuses: KeyReused, NoSuchOrganisation, Forbidden (secretary or administrator of the
    organisation; at a door organisers too), ScopeMissing, EventMissing, DeviceNameInvalid.
    """
    known = queries.pairing_by_key(session, key)
    if known is not None:
        asked = (org_id, name.strip(), scope, event_id, actor.id)
        told = (known.org_id, known.name, known.scope, known.event_id, known.offered_by_id)
        if asked != told:
            raise rules.KeyReused
        return known
    orgs.organisation(session, org_id)
    actor.require(*queries.pairers(scope), org_id=org_id)
    if scope not in rules.POSTS:
        raise rules.ScopeMissing
    if scope is Scope.AT_DOOR:
        _check_door(session, org_id, event_id, at)
    offered = Pairing(
        key=key, code_digest=b"", org_id=org_id, name=rules.check_name(name), scope=scope,
        event_id=event_id if scope is Scope.AT_DOOR else None, offered_at=at,
        offered_by_id=actor.id,
    )  # fmt: skip
    offered.code_digest = queries.code_digest(queries.code_of(offered))
    session.add(offered)
    session.flush()
    audit.record(
        session, actor, "devices.offer_pairing", ("organisation", org_id), at=at, org_id=org_id,
        scope=scope, name=offered.name,
    )  # fmt: skip
    return offered


def _check_door(session: Session, org_id: int, event_id: int | None, at: datetime) -> None:
    found = queries.door(session, event_id or 0, at=at)
    if found is None or found[1] != org_id:
        raise rules.EventMissing


def pair(session: Session, *, code: str, address: str, at: datetime) -> tuple[Device, str]:
    """Let the device that was shown a code take up its post; it and its token, given this once.

    Whoever holds the code may: it was on a colleague's screen. Refuses: NoSuchPairing, PairingOver.
    """
    offered = queries.pairing_by_code(session, code)
    session.execute(select(col(Pairing.id)).where(col(Pairing.id) == offered.id).with_for_update())
    session.refresh(offered)
    if offered.device_id is not None or at - offered.offered_at > rules.PAIRING:
        raise rules.PairingOver
    token = rules.DEVICE_TOKEN + secrets.token_urlsafe(32)
    paired = Device(
        org_id=offered.org_id, name=offered.name, scope=offered.scope, event_id=offered.event_id,
        token_digest=token_digest(token), paired_at=at, last_seen_at=at, address=address,
    )  # fmt: skip
    session.add(paired)
    session.flush()
    offered.device_id = paired.id
    session.add(offered)
    session.flush()
    actor = Actor(kind="user", id=offered.offered_by_id, address=address)
    audit.record(
        session, actor, "devices.pair", ("device", paired.id), at=at, org_id=paired.org_id,
        scope=paired.scope, name=paired.name,
    )  # fmt: skip
    return paired, token


def revoke(session: Session, actor: Actor, *, device_id: int, at: datetime) -> Device:
    """Take a device off its post: its token and all sessions opened on it end.

    Refuses: NoSuchDevice, Forbidden (who may pair such a device there), DeviceRevoked.
    """
    queries.device(session, device_id)
    found: Device = session.execute(
        select(Device).where(col(Device.id) == device_id).with_for_update()
    ).scalar_one()
    actor.require(*queries.pairers(found.scope), org_id=found.org_id)
    if found.revoked_at is not None:
        raise rules.DeviceRevoked(revoked_at=found.revoked_at)
    found.revoked_at = at
    session.add(found)
    session.flush()
    access.end_sessions_of(session, device_id=device_id, at=at)
    audit.record(
        session, actor, "devices.revoke", ("device", device_id), at=at, org_id=found.org_id,
        name=found.name,
    )  # fmt: skip
    return found


def note_seen(session: Session, actor: Actor, *, at: datetime) -> None:
    """A device says that it is there. Refuses: Forbidden (to all others)."""
    if actor.kind != "device":
        raise Forbidden
    seen = {"last_seen_at": at, "address": actor.address}
    session.execute(update(Device).where(col(Device.id) == actor.id).values(**seen))


def sign_in_on_device(
    session: Session,
    actor: Actor,
    proof: Proof,
    *,
    entry: Entry,
    origin: Origin,
    idle_minutes: int,
    lockout: LockoutTerms,
    at: datetime,
) -> OpenedSession | Refused:
    """Open a short session on a counter's device: a member's own by her card, a clerk's by her PIN.

    ``proof`` as for signing in, of the password or of the counter PIN. Refuses: Forbidden (not on a
    counter's device), LockedOut, WrongCardOrPin or WrongCounterPin (these returned, for the failure
    is to be kept).
    """
    if Scope.AT_COUNTER not in actor.scopes:
        raise Forbidden
    by_pin = entry is Entry.COUNTER_PIN
    refused = access.check_proof(
        session, proof, address=origin.address, lockout=lockout, by_counter_pin=by_pin, at=at
    )
    if isinstance(refused, LockedOut):
        return refused
    if refused is not None:
        return rules.WrongCounterPin() if by_pin else rules.WrongCardOrPin()
    access.forgive(session, proof.account)
    found = queries.device(session, actor.id)
    stay = rules.CLERK_STAY if by_pin else rules.CARD_STAY
    opened = access.open_device_session(
        session, user_id=user(session, proof.user_id or 0).id, entry=entry, device_id=found.id,
        org_id=found.org_id, origin=origin, lasting=stay, idle_minutes=idle_minutes, at=at,
    )  # fmt: skip
    person = Actor(kind="user", id=opened.user_id, address=origin.address)
    audit.record(
        session, person, "devices.sign_in", ("device", found.id), at=at, org_id=found.org_id
    )
    return opened


def issue_machine(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    name: str,
    scopes: Sequence[Scope],
    expires_on: date,
    at: datetime,
) -> tuple[Machine, str]:
    """Let another program read or send scans: its token, given this once.

    Refuses: NoSuchOrganisation, Forbidden (administrator of the organisation), DeviceNameInvalid,
    ScopeMissing, ExpiryInvalid.
    """
    orgs.organisation(session, org_id)
    actor.require(Role.ADMINISTRATOR, org_id=org_id)
    called, wanted = rules.check_name(name), rules.check_scopes(scopes)
    rules.check_expiry(expires_on, today=local_day(at))
    token = rules.MACHINE_TOKEN + secrets.token_urlsafe(32)
    made = Machine(
        org_id=org_id, name=called, scopes=[str(scope) for scope in wanted],
        token_digest=token_digest(token), made_at=at, made_by_id=actor.id, expires_on=expires_on,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(
        session, actor, "devices.issue_machine", ("machine", made.id), at=at, org_id=org_id,
        name=called, scopes="、".join(made.scopes), expires_on=expires_on,
    )  # fmt: skip
    return made, token


def revoke_machine(session: Session, actor: Actor, *, machine_id: int, at: datetime) -> Machine:
    """End a machine's token at once.

    Refuses: NoSuchMachine, Forbidden (administrator of its organisation), MachineRevoked.
    """
    found = queries.machine(session, machine_id)
    actor.require(Role.ADMINISTRATOR, org_id=found.org_id)
    if found.revoked_at is not None:
        raise rules.MachineRevoked(revoked_at=found.revoked_at)
    found.revoked_at = at
    session.add(found)
    session.flush()
    audit.record(
        session, actor, "devices.revoke_machine", ("machine", machine_id), at=at,
        org_id=found.org_id, name=found.name,
    )  # fmt: skip
    return found


def forget_pairings(session: Session, *, at: datetime) -> int:
    """Remove invitations that nobody took up a day after they ended; how many."""
    over = col(Pairing.offered_at) < at - rules.PAIRING - timedelta(days=1)
    gone = delete(Pairing).where(over, col(Pairing.device_id).is_(None))
    return rows_changed(session.execute(gone))
