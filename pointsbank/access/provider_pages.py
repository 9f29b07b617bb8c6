"""Pages of signing in through the identity provider, and of linking one's account to it."""

from flask import Response, flash, make_response, render_template, request
from flask_babel import gettext

from pointsbank.access import arrival, identities, provider
from pointsbank.access.arrival import Journey
from pointsbank.access.rules import CodeNeeded, LockedOut, WrongPassword, local_path
from pointsbank.access.schemas import LinkForm, ReturnForm
from pointsbank.access.sign_in_pages import (
    Page,
    code_page,
    entered,
    origin,
    provider_name,
    sign_in_page,
    to,
)
from pointsbank.access.vouching import AWAY, NotVouched, ProviderOff
from pointsbank.core import bank, clock
from pointsbank.core.database import transaction
from pointsbank.core.errors import Invalid, Refused
from pointsbank.web import ANYONE, SIGNED_IN, PageBlueprint, actor, allow, form
from pointsbank.web.access import person
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.sessions import token_of

pages = PageBlueprint("provider", __name__)
KEPT = "provider_journey"
_LONGEST_STATE = 100


@pages.get("/sign-in/provider")
@allow(ANYONE)
def leave() -> Response | Page:
    """To the provider. Nothing is written: what is to be brought back goes along in a cookie."""
    wanted = local_path(request.args.get("next", "/"))
    try:
        return to(wanted) if person() else _away(wanted)
    except ProviderOff:
        raise
    except Refused as refused:
        return sign_in_page(wanted, refused)


@pages.get("/security/identity")
@allow(SIGNED_IN)
def leave_to_link() -> Response:
    try:
        return _away("/security", user_id=actor().id)
    except ProviderOff:
        raise
    except Refused as refused:
        return _again(refused)


def _away(wanted: str, *, user_id: int = 0) -> Response:
    address, kept = arrival.begin(wanted, user_id=user_id)
    response = to(address)
    response.set_cookie(
        KEPT, kept, max_age=AWAY, httponly=True, samesite="Lax", path="/",
        secure=bank.settings().public_url.startswith("https://"),
    )  # fmt: skip
    return response


@pages.get("/sign-in/provider/return")
@allow(ANYONE)
def come_back() -> Response | Page:
    """Back from the provider: the page posts what came along by itself, or after a password."""
    if not provider.is_on():
        raise ProviderOff
    given = {name: request.args.get(name, "") for name in ("code", "state", "iss", "error")}
    try:
        journey = _journey(given["state"])
        if given["error"] or given["iss"] not in ("", bank.settings().oidc_issuer):
            raise NotVouched(name=provider.name())
        return _returned_page(journey, given["code"], None)
    except Refused as refused:
        return sign_in_page("/", refused) if person() is None else _again(refused)


def _journey(state: str) -> Journey:
    return arrival.returned(request.cookies.get(KEPT, ""), state[:_LONGEST_STATE])


def _returned_page(journey: Journey, code: str, refused: Refused | None) -> Page:
    page = render_template(
        "access/returned.html",
        code=code,
        state=journey.question.state,
        links=bool(journey.user_id),
        provider=provider_name(),
        errors=refused.fields if isinstance(refused, Invalid) else {},
        sentence=sentence_of(refused) if refused else "",
    )
    return page, status_of(refused) if refused else 200


@pages.post("/sign-in/provider")
@allow(ANYONE)
def enter() -> Response:
    wanted = "/"
    try:
        asked = form(ReturnForm)
        journey = _journey(asked["state"])
        wanted = local_path(journey.wanted)
        answer = entered(arrival.enter(journey, asked["code"], origin()), wanted)
    except CodeNeeded as needed:
        answer = make_response(*code_page(wanted, needed.half_way, None))
    except Refused as refused:
        answer = make_response(*sign_in_page(wanted, refused))
    return _forgetting(answer)


@pages.post("/security/identity")
@allow(SIGNED_IN)
def link() -> Response | Page:
    given = {name: request.form.get(name, "") for name in ("code", "state")}
    try:
        journey = _journey(given["state"])
        try:
            asked = form(LinkForm)
            arrival.link(journey, asked["code"], actor(), asked["password"])
        except (Invalid, WrongPassword, LockedOut) as refused:
            return _returned_page(journey, given["code"], refused)
    except Refused as refused:
        return _again(refused)
    flash(gettext("已关联，以后可以用“%(name)s”登录。", name=provider_name()), "success")
    return _forgetting(to("/security"))


def _again(refused: Refused) -> Response:
    """To where she began to link, with what was wrong."""
    flash(sentence_of(refused), "error")
    return _forgetting(to("/security"))


def _forgetting(answer: Response) -> Response:
    answer.delete_cookie(KEPT, path="/")
    return answer


@pages.post("/security/identity/removal")
@allow(SIGNED_IN)
def unlink() -> Response:
    with transaction() as session:
        identities.unlink(session, actor(), token=token_of(request) or "", at=clock.now())
    flash(gettext("已解除关联。"), "success")
    return to("/security")


@pages.get("/sign-in/provider/leaving")
@allow(ANYONE)
def left() -> str:
    """Signed out here; at the provider she may be signed in still, and the next one as she."""
    if not provider.is_on():
        raise ProviderOff
    return render_template(
        "access/left.html", provider=provider_name(), address=provider.leaving_address()
    )
