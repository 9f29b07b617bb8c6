"""Pages: devices and their pairing, machines; and what a paired device shows by itself."""

import secrets
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.access import operations as access
from pointsbank.access import queries as users
from pointsbank.access.entrance import choose_counter_pin, lockout
from pointsbank.access.rules import (
    Credentials,
    Entry,
    LockedOut,
    OpenedSession,
    Origin,
    WrongPassword,
    agent_label,
)
from pointsbank.core import bank, clock, qr
from pointsbank.core.actor import SCOPE_NAMES, Role, Scope
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Invalid, Refused, say
from pointsbank.devices import operations, queries
from pointsbank.devices.rules import (
    COUNTER_PAIRERS,
    OF_MACHINES,
    PAIRERS,
    PAIRING,
    NoSuchPairing,
    code_folded,
)
from pointsbank.devices.schemas import (
    CardForm,
    CodeForm,
    CounterPinForm,
    MachineForm,
    PairingForm,
    StaffForm,
)
from pointsbank.orgs.queries import organisation
from pointsbank.web import ANYONE, PageBlueprint, actor, allow, form, wants_fragment
from pointsbank.web.access import visitor
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.navigation import Link
from pointsbank.web.sessions import (
    close_device_cookie,
    open_device_cookie,
    open_session_cookie,
)

pages = PageBlueprint("devices", __name__)
NAVIGATION = (Link("/devices", say("设备"), 72, frozenset(PAIRERS)),)
Page = tuple[str, int]


@pages.context_processor
def _words() -> dict[str, Any]:
    return {"scope_names": SCOPE_NAMES}


def _told(refused: Refused | None) -> dict[str, Any]:
    """What was wrong, as the forms' macros want it."""
    return {
        "errors": refused.fields if isinstance(refused, Invalid) else {},
        "sentence": sentence_of(refused) if refused else "",
        "asked": request.form if refused else {},
    }


@pages.get("/devices")
@allow(*PAIRERS)
def devices() -> Page:
    return _devices_page(None)


def _devices_page(refused: Refused | None) -> Page:
    now, me = clock.now(), actor()
    with snapshot() as session:
        page = render_template(
            "devices/devices.html",
            devices=queries.devices(session, me),
            counters=queries.places(session, me, *COUNTER_PAIRERS),
            doors=queries.doors(session, me, at=now),
            may_see_machines=Role.ADMINISTRATOR in me.roles,
            key=secrets.token_urlsafe(12),
            seen_since=now - timedelta(minutes=5),
            **_told(refused),
        )
    return page, status_of(refused) if refused else 200


@pages.post("/devices/pairings")
@allow(*PAIRERS)
def offer_pairing() -> Response | Page:
    """At a counter the organisation is chosen, at a door the event, which is an organisation's."""
    now = clock.now()
    try:
        asked = form(PairingForm)
        with transaction() as session:
            door = queries.door(session, asked["event_id"] or 0, at=now)
            if asked["scope"] is Scope.AT_DOOR and door is not None:
                asked["org_id"] = door[1]
            asked["org_id"] = asked["org_id"] or 0
            offered = operations.offer_pairing(session, actor(), **asked, at=now)
    except Refused as refused:
        return _devices_page(refused)
    return redirect(f"/devices/pairings/{offered.id}", 303)


@pages.get("/devices/pairings/<int:pairing_id>")
@allow(*PAIRERS)
def pairing(pairing_id: int) -> str:
    """The code to be scanned by the device; asks every few seconds whether it was."""
    with snapshot() as session:
        offered = queries.pairing(session, actor(), pairing_id)
        place = organisation(session, offered.org_id).name
    typed_at, code = f"{bank.settings().public_url}/pair", queries.code_of(offered)
    ends_at = offered.offered_at + PAIRING
    return render_template(
        "devices/_pairing.html" if wants_fragment() else "devices/pairing.html",
        pairing=offered, place=place, code=code, typed_at=typed_at, ends_at=ends_at,
        over=clock.now() > ends_at,
        drawing=qr.svg(f"{typed_at}/{code}", gettext("配对用的二维码，请用要配对的设备扫描")),
    )  # fmt: skip


@pages.post("/devices/<int:device_id>/revocation")
@allow(*PAIRERS)
def revoke(device_id: int) -> Response:
    with transaction() as session:
        found = operations.revoke(session, actor(), device_id=device_id, at=clock.now())
    flash(gettext("设备“%(name)s”已停用。", name=found.name), "success")
    return redirect("/devices", 303)


@pages.get("/pair")
@allow(ANYONE)
def pair_form() -> Page:
    return _pair_page("", None)


@pages.get("/pair/<code>")
@allow(ANYONE)
def pair_by_code(code: str) -> Page:
    """What the scanned code would make of this browser: nothing is done before the button."""
    try:
        with snapshot() as session:
            offered = queries.pairing_by_code(session, code[:40])
            place = organisation(session, offered.org_id).name
    except NoSuchPairing as refused:
        return _pair_page("", refused)
    if offered.device_id is not None or clock.now() - offered.offered_at > PAIRING:
        return _pair_page("", NoSuchPairing())
    return _pair_page(code_folded(code), None, offered=offered, place=place)


@pages.post("/pair")
@allow(ANYONE)
def pair() -> Response | Page:
    now, address = clock.now(), request.remote_addr or ""
    try:
        code = form(CodeForm)["code"]
        with transaction() as session:
            _, token = operations.pair(session, code=code, address=address, at=now)
    except Refused as refused:
        return _pair_page("", refused)
    response = redirect("/device", 303)
    open_device_cookie(response, token)
    return response


def _pair_page(code: str, refused: Refused | None, **shown: Any) -> Page:
    page = render_template("devices/pair.html", code=code, **shown, **_told(refused))
    return page, status_of(refused) if refused else 200


@pages.get("/device")
@allow(ANYONE)
def device() -> Response | Page:
    return _device_page(None)


def _device_page(refused: Refused | None, part: str = "") -> Response | Page:
    """What the device shows when nobody is signed in on it: by its post."""
    me = visitor()
    if me is None or me.kind != "device":
        response = redirect("/", 303) if me else redirect("/pair", 303)
        if me is None:
            close_device_cookie(response)
        return response
    if me.event_id is not None:
        return redirect(f"/events/{me.event_id}/scanner", 303)
    with snapshot() as session:
        found = queries.device(session, me.id)
        place = organisation(session, found.org_id).name
    page = render_template(
        "devices/counter.html", device=found, place=place, part=part, **_told(refused)
    )
    return page, status_of(refused) if refused else 200


@pages.post("/device/heartbeat")
@allow(Scope.AT_COUNTER, Scope.AT_DOOR)
def heartbeat() -> Page:
    with transaction() as session:
        operations.note_seen(session, actor(), at=clock.now())
    return "", 204


@pages.post("/device/card-sign-ins")
@allow(Scope.AT_COUNTER)
def sign_in_by_card() -> Response | Page:
    """A member without a phone opens her passbook by her printed card and her PIN."""
    now = clock.now()
    try:
        asked = form(CardForm)
        with snapshot() as session:
            found = queries.card_holder(session, asked["card"])
            known = users.credentials_of(
                session, found, name=asked["card"], address=actor().address,
                lockout=lockout(), at=now,
            )  # fmt: skip
        opened = _enter(known, asked["pin"], Entry.CARD)
    except Refused as refused:
        return _device_page(refused, "card")
    return _entered(opened, "/me")


@pages.post("/device/staff-sign-ins")
@allow(Scope.AT_COUNTER)
def sign_in_by_counter_pin() -> Response | Page:
    """A clerk takes up her place at the counter by her name and her short PIN."""
    try:
        asked = form(StaffForm)
        with snapshot() as session:
            known = users.credentials_of(
                session, users.user_by_name(session, asked["name"]), name=asked["name"],
                address=actor().address, by_pin=True, lockout=lockout(), at=clock.now(),
            )  # fmt: skip
        opened = _enter(known, asked["pin"], Entry.COUNTER_PIN)
    except Refused as refused:
        return _device_page(refused, "staff")
    return _entered(opened, "/counter")


def _enter(known: Credentials, pin: str, entry: Entry) -> OpenedSession:
    proof = access.prove(known, pin)
    with transaction() as session:
        answer = operations.sign_in_on_device(
            session, actor(), proof, entry=entry, lockout=lockout(), at=clock.now(),
            origin=Origin(request.remote_addr or "", agent_label(request.user_agent.string)),
            idle_minutes=bank.settings().device_idle_minutes,
        )  # fmt: skip
    if isinstance(answer, Refused):
        raise answer
    return answer


def _entered(opened: OpenedSession, wanted: str) -> Response:
    response = redirect("/password?next=" + wanted if opened.must_change else wanted, 303)
    open_session_cookie(response, opened.token, opened.idle_minutes)
    return response


@pages.get("/counter-pin")
@allow(Role.CLERK)
def counter_pin_form() -> Page:
    return _counter_pin_page(None)


@pages.post("/counter-pin")
@allow(Role.CLERK)
def set_counter_pin() -> Response | Page:
    """Her own PIN, once she has typed her password again."""
    try:
        asked = form(CounterPinForm)
        choose_counter_pin(actor(), asked["password"], asked["pin"])
    except (Invalid, WrongPassword, LockedOut) as refused:
        return _counter_pin_page(refused)
    flash(gettext("兑换点密码已设好，可在兑换点的共用设备上使用。"), "success")
    return redirect("/security", 303)


def _counter_pin_page(refused: Refused | None) -> Page:
    page = render_template("devices/counter_pin.html", **_told(refused))
    return page, status_of(refused) if refused else 200


@pages.get("/machines")
@allow(Role.ADMINISTRATOR)
def machines() -> Page:
    return _machines_page(None)


@pages.post("/machines")
@allow(Role.ADMINISTRATOR)
def issue_machine() -> Page:
    """The token is shown in the answer, this once."""
    try:
        asked = form(MachineForm)
        with transaction() as session:
            _, token = operations.issue_machine(session, actor(), **asked, at=clock.now())
    except Refused as refused:
        return _machines_page(refused)
    return _machines_page(None, token)


def _machines_page(refused: Refused | None, token: str = "") -> Page:
    with snapshot() as session:
        page = render_template(
            "devices/machines.html",
            machines=queries.machines(session, actor()),
            places=queries.places(session, actor(), Role.ADMINISTRATOR),
            scopes=OF_MACHINES,
            token=token,
            expires_on=clock.today() + timedelta(days=180),
            today=clock.today(),
            **_told(refused),
        )
    return page, status_of(refused) if refused else 200


@pages.post("/machines/<int:machine_id>/revocation")
@allow(Role.ADMINISTRATOR)
def revoke_machine(machine_id: int) -> Response:
    with transaction() as session:
        found = operations.revoke_machine(session, actor(), machine_id=machine_id, at=clock.now())
    flash(gettext("令牌“%(name)s”已收回。", name=found.name), "success")
    return redirect("/machines", 303)
