"""Chinese is the language of the source; each feature keeps its English beside its code."""

import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, request
from flask_babel import Babel, Domain, get_locale

LANGUAGES = ("zh", "en")
COOKIE = "language"
_PACKAGE = Path(__file__).resolve().parent.parent


class FeatureCatalogues(Domain):  # type: ignore[misc]
    """All features' ``translations/<language>/LC_MESSAGES/messages.po`` as one; nothing is compiled
    beforehand.
    """

    def get_translations(self) -> NullTranslations:
        return catalogue(get_locale().language)


@cache
def catalogue(language: str) -> NullTranslations:
    merged = Translations()
    for path in sorted(_PACKAGE.glob(f"*/translations/{language}/LC_MESSAGES/messages.po")):
        with path.open("rb") as source:
            compiled = io.BytesIO()
            write_mo(compiled, read_po(source, locale=language))
        compiled.seek(0)
        merged.merge(Translations(compiled))
    return merged


def chosen_language() -> str:
    """The language of the cookie that the switch sets; Chinese without one."""
    chosen = request.cookies.get(COOKIE, LANGUAGES[0])
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def register(app: Flask) -> None:
    babel = Babel(app, default_locale="zh", locale_selector=chosen_language)
    babel.domain_instance = FeatureCatalogues()
