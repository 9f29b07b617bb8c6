"""The scanner at the door, with what lets it open without network; and a volunteer's door pass."""

import hashlib
from pathlib import Path
from typing import Any

from flask import jsonify, make_response, render_template, url_for
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from pointsbank.attendance import offline
from pointsbank.attendance.passes import pass_digits
from pointsbank.attendance.scanner_words import WORDS
from pointsbank.core import bank, clock
from pointsbank.core.actor import Role, Scope
from pointsbank.core.database import snapshot
from pointsbank.core.qr import svg
from pointsbank.core.resources import folder
from pointsbank.events.models import Event
from pointsbank.events.queries import event as event_seen
from pointsbank.events.rules import ORGANISERS
from pointsbank.web import PageBlueprint, actor, allow
from pointsbank.web.protection import decodes
from pointsbank.web.translations import chosen_language

pages = PageBlueprint("scanner", __name__)
SCANNER = "/events/<int:event_id>/scanner"
_STYLES = ("pointsbank", "forms", "parts", "charts", "screens", "scanner")
_DECODER = "vendor/zxing-wasm-3.1.4"


@pages.get(SCANNER)
@allow(*ORGANISERS, Scope.AT_DOOR)
@decodes
def scanner(event_id: int) -> str:
    """The page that stays open at the door. It is kept on the device: nobody's name is in it."""
    found = _of_organiser(event_id)
    return render_template(
        "attendance/scanner.html", event=found, key=offline.public_key(), words=_words(),
        zone=bank.settings().time_zone, decoder=_DECODER, **_NOBODY,
    )  # fmt: skip


_NOBODY: dict[str, Any] = {
    "navigation": [], "signed_in_name": "", "organisation_name": "",
    "get_flashed_messages": lambda **_: [],
}  # fmt: skip
"""What the base template would otherwise say of whoever is signed in."""


def _words() -> dict[str, str]:
    return {name: gettext(sentence) for name, sentence in WORDS.items()}


def _of_organiser(event_id: int) -> Event:
    with snapshot() as session:
        found = event_seen(session, actor(), event_id)
    actor().require(*ORGANISERS, org_id=found.org_id)
    return found


@pages.get(f"{SCANNER}/ready")
@allow(*ORGANISERS, Scope.AT_DOOR)
def ready(event_id: int) -> Response:
    """What a page needs that was kept on the device for days: a token for what it posts."""
    _of_organiser(event_id)
    return jsonify(csrf_token=generate_csrf(), now=clock.local(clock.now()).isoformat())


@pages.get(f"{SCANNER}/keyboard")
@allow(*ORGANISERS, Scope.AT_DOOR)
def keyboard(event_id: int) -> str:
    """Where a USB scanner is tried before people come."""
    return render_template("attendance/scanner_keyboard.html", event=_of_organiser(event_id))


@pages.get(f"{SCANNER}/worker.js")
@allow(*ORGANISERS, Scope.AT_DOOR)
def worker(event_id: int) -> Response:
    """The service worker, which may rule this one page and nothing else."""
    page = url_for(".scanner", event_id=_of_organiser(event_id).id)
    told = {"version": _version(), "page": page, "files": _files()}
    text = (folder("static") / "js/scanner/worker.js").read_text(encoding="utf-8")
    answer = make_response(f"const SCANNER = {jsonify(told).get_data(as_text=True)};\n{text}")
    answer.mimetype = "text/javascript"
    answer.headers["Service-Worker-Allowed"] = page
    return answer


@pages.get(f"{SCANNER}/manifest.webmanifest")
@allow(*ORGANISERS, Scope.AT_DOOR)
def manifest(event_id: int) -> Response:
    page = url_for(".scanner", event_id=_of_organiser(event_id).id)
    mark = url_for("static", filename="img/mark.svg")
    answer = jsonify(
        name=gettext("扫码签到"), short_name=gettext("扫码签到"), id=page, start_url=page,
        scope=page, display="standalone", background_color="#faf6f1", theme_color="#b3261e",
        icons=[{"src": mark, "sizes": "any", "type": "image/svg+xml"}],
    )  # fmt: skip
    answer.mimetype = "application/manifest+json"
    return answer


def _files() -> list[str]:
    """All that the page loads: under the addresses that it names, and modules by their imports."""
    named = [
        "img/mark.svg", "vendor/pico-2.1.1/pico.min.css",
        *(f"css/{style}.css" for style in _STYLES), "css/print.css",
        "vendor/htmx.org-2.0.11/htmx.min.js", "js/elder.js", "js/page.js",
        f"{_DECODER}/index.js", f"{_DECODER}/zxing_reader.wasm", "js/scanner/scanner.js",
    ]  # fmt: skip
    imported = ["js/wedge.js", "js/sounds.js", *_modules()]
    return [
        *(url_for("static", filename=name) for name in named),
        *(f"/static/{name}" for name in imported),
    ]


def _modules() -> list[str]:
    alone = {"scanner.js", "worker.js", "keyboard.js"}
    found = sorted((folder("static") / "js/scanner").glob("*.js"))
    return [f"js/scanner/{path.name}" for path in found if path.name not in alone]


def _version() -> str:
    """Another one as soon as a file, a template or the reader's language is another."""
    templates = Path(__file__).parent / "templates/attendance"
    paths = [
        folder("static") / name.partition("?")[0].removeprefix("/static/") for name in _files()
    ]
    paths += [templates / "scanner.html", folder("static") / "js/scanner/worker.js"]
    stamps = [f"{path.name} {path.stat().st_mtime_ns}" for path in paths]
    told = "\n".join([chosen_language(), *stamps])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


@pages.get("/events/<int:event_id>/pass")
@allow(Role.VOLUNTEER)
def door_pass(event_id: int) -> str:
    """Her twenty digits for this event: as good at its door as her card, and nowhere else."""
    with snapshot() as session:
        found = event_seen(session, actor(), event_id)
    digits = pass_digits(event_id, actor().member_id or 0)
    drawing = svg(digits, gettext("签到凭证，供工作人员扫描"))
    return render_template("attendance/pass.html", event=found, digits=digits, drawing=drawing)
