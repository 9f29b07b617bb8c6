"""The edge that every feature's routes share: access, sessions, input, errors, languages.

A route is declared on an ``ApiBlueprint`` or a ``PageBlueprint`` and says with ``@allow`` who may
call it; a route
without it stops the start. Nothing here knows a feature: ``app.py`` hands over how a token becomes
an ``Actor``.
"""

from pointsbank.web.access import ANYONE, SIGNED_IN, actor, allow
from pointsbank.web.blueprints import ApiBlueprint, PageBlueprint
from pointsbank.web.requests import form, query, wants_fragment

__all__ = [
    "ANYONE", "SIGNED_IN", "ApiBlueprint", "PageBlueprint", "actor", "allow", "form", "query",
    "wants_fragment",
]  # fmt: skip
