"""The whole service, held against its own documents: access, errors, settings, tables, words."""

import re
import tomllib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from house import PACKAGE, ROOT, files
from sqlalchemy import create_engine

from pointsbank.app import create_app
from pointsbank.core import config
from pointsbank.core.database import APPEND_ONLY, Database, Table
from pointsbank.core.migrations import protected, upgrade
from pointsbank.web.access import require_declarations
from pointsbank.web.translations import catalogue


def test_a_route_that_does_not_say_who_may_call_it_stops_the_start(bank: Database) -> None:
    app = create_app()
    app.view_functions["bare"] = lambda: ""
    with pytest.raises(RuntimeError, match="bare"):
        require_declarations(app)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/nothing", 404), ("PUT", "/api/v1/events", 405), ("GET", "/api/v1/me", 401)],
)
def test_every_api_error_is_a_problem(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "code", "errors"}
    assert answer.json["type"] == f"urn:pointsbank:{answer.json['code']}"


def test_every_page_carries_the_security_headers(client: FlaskClient) -> None:
    answer = client.get("/sign-in")
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_example_configuration_holds_every_setting_and_loads_as_it_is() -> None:
    example = ROOT / "config.example.toml"
    written = tomllib.loads(example.read_text(encoding="utf-8"))
    assert set(written) == set(config.Settings.model_fields)
    loaded = config.load(file=example)
    for name in config.Settings.model_fields:
        assert getattr(loaded, name) == config.Settings.model_fields[name].default, name


def test_an_unknown_setting_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('prot = 80\nport = "many"\n')
    with pytest.raises(config.BadConfiguration) as refused:
        config.load(file=file)
    assert "prot" in str(refused.value)
    assert "port" in str(refused.value)


def test_migrations_make_the_tables_that_the_models_declare(
    bank: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    fresh = _fresh(bank, tmp_path, request)
    upgrade(fresh)
    upgrade(fresh)
    with fresh.administer() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []
    assert protected(fresh) == APPEND_ONLY
    fresh.close()


def _fresh(bank: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Database:
    from pointsbank.core import database

    if bank.dialect == "sqlite":
        return database.open_database(f"sqlite:///{tmp_path / 'fresh.db'}")
    server = request.getfixturevalue("postgres_server")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS fresh")
        connection.exec_driver_sql("CREATE DATABASE fresh")
    admin.dispose()
    url = admin.url.set(database="fresh").render_as_string(hide_password=False)
    return database.open_database(url)


def _marked_sentences() -> set[str]:
    found: set[str] = set()
    keywords = {"_": None, "say": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
    templates = sorted(PACKAGE.rglob("*.html"))
    for path in files() + templates:
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        source = BytesIO(path.read_bytes())
        options = {"silent": "false"} if path.suffix == ".html" else {}
        for _line, message, _comments, _context in extract(method, source, keywords, [], options):
            texts = (message,) if isinstance(message, str) else message
            found.update(text for text in texts if text)
    return found


def test_every_sentence_has_its_english() -> None:
    english = catalogue("en")
    missing = sorted(text for text in _marked_sentences() if english.gettext(text) == text)
    assert missing == []


def _english_sentences() -> Iterator[tuple[str, str, str]]:
    """Feature, sentence (of a plural its singular), English."""
    for path in sorted(PACKAGE.glob("*/translations/en/LC_MESSAGES/messages.po")):
        with path.open("rb") as source:
            for message in read_po(source):
                text = message.id if isinstance(message.id, str) else message.id[0]
                if text:
                    yield path.parts[-5], text, str(message.string)


def test_no_english_stands_for_a_sentence_that_nobody_says() -> None:
    said = _marked_sentences()
    assert [(feature, text) for feature, text, _ in _english_sentences() if text not in said] == []


def test_one_sentence_has_one_english_everywhere() -> None:
    english: dict[str, dict[str, str]] = {}
    for feature, text, translated in _english_sentences():
        english.setdefault(text, {})[feature] = translated
    torn = {text: said for text, said in english.items() if len(set(said.values())) > 1}
    assert torn == {}


def test_english_keeps_every_place_for_a_fact() -> None:
    english = catalogue("en")
    places = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
    for text in _marked_sentences():
        assert set(places.findall(english.gettext(text))) <= set(places.findall(text)), text
