"""The counter's screens: scan, basket, answer, receipt, the day's sheet, the shelf.

With htmx an answer lands below the scan box, which stays; without script each is a page.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from pointsbank.access.entrance import reading_codes
from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Refused, say
from pointsbank.exchange import customers, operations, queries, receipts
from pointsbank.exchange.queries import Place
from pointsbank.exchange.rules import STAFF, Wish
from pointsbank.exchange.schemas import (
    BasketForm,
    CounterQuery,
    DayQuery,
    DeliveryForm,
    GoodsRequest,
    MemberLookupRequest,
    ReversalRequest,
)
from pointsbank.web import SIGNED_IN, PageBlueprint, actor, allow, form, query, wants_fragment
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.navigation import Link

pages = PageBlueprint("exchange", __name__)

NAVIGATION = (
    Link("/counter", say("积分兑换"), 40, frozenset({Role.CLERK})),
    Link("/goods", say("商品"), 41, frozenset(STAFF)),
)
Page = tuple[str, int]


@pages.get("/counter")
@allow(Role.CLERK)
def counter() -> Page:
    """Scan a person; or, after a redemption, what was done and the box for the next."""
    asked = query(CounterQuery)
    if "done" not in asked:
        return _counter_page("waiting", asked.get("org_id"))
    with snapshot() as session:
        receipt = receipts.receipt_for(session, actor(), asked["done"])
        customer = queries.customer(session, receipt.member_id, clock.now())
    return _counter_page("settled", receipt.org_id, receipt=receipt, customer=customer)


@pages.post("/counter/lookups")
@allow(Role.CLERK)
def look_up() -> Response | Page:
    """A code is posted and never part of an address: there a signed text stands for the person."""
    asked = form(MemberLookupRequest)
    try:
        with reading_codes(actor()), transaction() as session:
            customer = operations.look_up(
                session, actor(), org_id=asked["org_id"], digits=asked["code"], at=clock.now()
            )
    except Refused as refused:
        return _counter_page("refused", asked["org_id"], refused=refused)
    token = customers.known_as(customer.member_id, asked["org_id"], at=clock.now())
    return redirect(f"/counter/customers/{token}", 303)


@pages.get("/counter/customers/<token>")
@allow(Role.CLERK)
def basket(token: str) -> Page:
    """Who she is, what she has, what she may take. The key of her redemption is made here."""
    return _basket(token)


@pages.post("/counter/customers/<token>")
@allow(Role.CLERK)
def redeem(token: str) -> Response | Page:
    asked: dict[str, Any] = {}
    try:
        asked = form(BasketForm)
        member_id, org_id = customers.who(token, at=clock.now())
        with transaction() as session:
            settled = operations.redeem(
                session, actor(), org_id=org_id, member_id=member_id, **asked, at=clock.now()
            )
    except Refused as refused:
        return _basket(token, **asked, refused=refused)
    return redirect(f"/counter?done={settled.redemption_id}", 303)


@pages.post("/counter/redemptions/<int:redemption_id>/reversal")
@allow(*STAFF)
def take_back(redemption_id: int) -> Response:
    asked = form(ReversalRequest)
    with transaction() as session:
        operations.take_back(session, actor(), redemption_id=redemption_id, **asked, at=clock.now())
        receipt = receipts.receipt(session, redemption_id)
    at_counter = actor().may(Role.CLERK, org_id=receipt.org_id)
    where = "/counter?done=" if at_counter else "/counter/redemptions/"
    return redirect(f"{where}{redemption_id}", 303)


@pages.get("/counter/redemptions/<int:redemption_id>")
@allow(SIGNED_IN)
def receipt(redemption_id: int) -> str:
    """The receipt, to be read and printed: by the member herself too."""
    with snapshot() as session:
        found = receipts.receipt_for(session, actor(), redemption_id)
        units = queries.spendable_units(session)
    may_undo = operations.may_take_back(actor(), found, at=clock.now())
    return render_template("exchange/receipt.html", receipt=found, units=units, may_undo=may_undo)


@pages.get("/counter/day")
@allow(*STAFF)
def day() -> str:
    """What a counter handed over on a day, to be printed and signed at its end."""
    asked = query(DayQuery)
    with snapshot() as session:
        place = queries.place(session, actor(), asked.get("org_id"), *STAFF)
        sheet = receipts.day_sheet(session, place.org_id, asked.get("on") or clock.today())
        units = queries.spendable_units(session)
    return render_template(
        "exchange/day.html", sheet=sheet, units=units, place=place, today=clock.today()
    )


@pages.get("/goods")
@allow(*STAFF)
def goods() -> Page:
    return _shelf(query(CounterQuery).get("org_id"))


@pages.post("/goods")
@allow(*STAFF)
def add_goods() -> Response | Page:
    asked: dict[str, Any] = {}
    try:
        asked = form(GoodsRequest)
        with transaction() as session:
            operations.add_goods(session, actor(), **asked, at=clock.now())
    except Refused as refused:
        return _shelf(asked.get("org_id"), refused=refused)
    return redirect(f"/goods?org_id={asked['org_id']}", 303)


@pages.post("/goods/<int:goods_id>/stock-movements")
@allow(*STAFF)
def stock_in(goods_id: int) -> Response | Page:
    asked: dict[str, Any] = {}
    try:
        asked = form(DeliveryForm)
        delivery = {name: asked[name] for name in ("quantity", "key")}
        with transaction() as session:
            operations.stock_in(session, actor(), goods_id=goods_id, **delivery, at=clock.now())
    except Refused as refused:
        return _shelf(asked.get("org_id"), refused=refused)
    return redirect(f"/goods?org_id={asked['org_id']}", 303)


@pages.post("/goods/<int:goods_id>/withdrawal")
@allow(*STAFF)
def withdraw(goods_id: int) -> Response:
    with transaction() as session:
        offer = operations.withdraw_goods(session, actor(), goods_id=goods_id, at=clock.now())
    return redirect(f"/goods?org_id={offer.org_id}", 303)


def _counter_page(
    part: str, org_id: int | None, *, refused: Refused | None = None, **shown: Any
) -> Page:
    """A part of the counter: alone for htmx, below the scan box otherwise."""
    with snapshot() as session:
        place: Place = queries.place(session, actor(), org_id, Role.CLERK)
        units = queries.spendable_units(session)
    page = f"exchange/part_{part}.html" if wants_fragment() else "exchange/counter.html"
    told = sentence_of(refused) if refused else ""
    shown |= {"part": part, "place": place, "units": units, "refused": told}
    return render_template(page, **shown), status_of(refused) if refused else 200


def _basket(
    token: str, *, key: str = "", lines: Sequence[Wish] = (), refused: Refused | None = None
) -> Page:
    try:
        member_id, org_id = customers.who(token, at=clock.now())
    except Refused as expired:
        return _counter_page("refused", None, refused=expired)
    with snapshot() as session:
        customer = queries.customer(session, member_id, clock.now())
        offers = queries.goods_of(session, org_id)
    return _counter_page(
        "basket",
        org_id,
        refused=refused,
        token=token,
        customer=customer,
        offers=offers,
        wanted={wish.goods_id: wish.quantity for wish in lines},
        key=key or secrets.token_urlsafe(16),
    )


def _shelf(org_id: int | None, *, refused: Refused | None = None) -> Page:
    with snapshot() as session:
        place = queries.place(session, actor(), org_id, *STAFF)
        offers = queries.goods_of(session, place.org_id, withdrawn=True)
        units = queries.spendable_units(session)
    told = sentence_of(refused) if refused else ""
    fields = getattr(refused, "fields", {})
    keys = {offer.goods_id: secrets.token_urlsafe(16) for offer in offers}
    page = render_template(
        "exchange/goods.html",
        place=place, offers=offers, units=units, keys=keys, refused=told, errors=fields,
        asked=request.form,
    )  # fmt: skip
    return page, status_of(refused) if refused else 200
