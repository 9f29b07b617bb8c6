"""The links at the head of every page, contributed by each feature's ``pages.py`` as
``NAVIGATION``.
"""

from dataclasses import dataclass

from flask import Flask, request
from flask_babel import gettext

from pointsbank.core.actor import Actor, Role
from pointsbank.web.access import visitor
from pointsbank.web.translations import chosen_language


@dataclass(frozen=True, slots=True)
class Link:
    """``roles`` are those that see it; empty means every signed-in person. ``place`` orders them,
    left first.
    """

    url: str
    label: str
    place: int
    roles: frozenset[Role] = frozenset()

    def seen_by(self, actor: Actor) -> bool:
        return actor.kind == "user" and (not self.roles or bool(self.roles & actor.roles))


def links(app: Flask, actor: Actor | None) -> list[dict[str, object]]:
    """What this person may go to, as the base template wants it."""
    if actor is None:
        return []
    seen = [link for link in app.extensions["navigation"] if link.seen_by(actor)]
    under = [link.url for link in seen if f"{request.path}/".startswith(f"{link.url}/")]
    here = max(under, key=len, default=None)
    return [
        {"url": link.url, "label": gettext(link.label), "active": link.url == here} for link in seen
    ]


def register(app: Flask, found: list[Link]) -> None:
    app.extensions["navigation"] = sorted(found, key=lambda link: link.place)

    @app.context_processor
    def _page() -> dict[str, object]:
        person = visitor()
        return {
            "navigation": links(app, person),
            "visitor": person,
            "signed_in_name": person.name if person else "",
            "language": chosen_language(),
        }
