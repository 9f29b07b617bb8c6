"""Every table that says something of a member is known to its feature's ``person.py``.

So a new table is not forgotten when a person asks for her data, is erased, or turns out to have two
records: ``tests/persons`` runs export, merge and erasure over every table named here.
"""

import inspect
from collections.abc import Callable

import pytest
from sqlalchemy import Table as SQLTable

from pointsbank.core.bank import load_models
from pointsbank.core.database import Table
from pointsbank.core.person import ChangesHands, PersonFile
from pointsbank.persons.collection import person_files

NOT_ABOUT_A_PERSON = {
    "machine": "another program's token; who made it is in the audit trail",
    "pairing": "an invitation to a device; who offered it is in the audit trail",
}
"""Tables with such a column that say nothing of the member, each with the reason."""

_POINTS_AT_A_PERSON = {"member.id", "user.id"}


def about_members() -> dict[str, str]:
    """Table to feature, of every table with a reference to a member or a user, with a column of
    that name without one, or with accounts.
    """
    load_models()
    return {
        table: feature
        for table, feature in features_of_tables().items()
        if table not in NOT_ABOUT_A_PERSON and _is_about_members(Table.metadata.tables[table])
    }


def features_of_tables() -> dict[str, str]:
    found = {}
    kinds = list(Table.__subclasses__())
    while kinds:
        model = kinds.pop()
        kinds += model.__subclasses__()
        if hasattr(model, "__table__"):  # what tables have in common is none itself
            found[str(model.__tablename__)] = model.__module__.split(".")[1]
    return found


def _is_about_members(table: SQLTable) -> bool:
    targets = {key.target_fullname for column in table.c for key in column.foreign_keys}
    names = {column.name for column in table.c}
    return bool(
        table.name == "member" or targets & _POINTS_AT_A_PERSON or names & {"member_id", "owner_id"}
    )


@pytest.mark.parametrize(("table", "feature"), sorted(about_members().items()))
def test_a_table_that_refers_to_a_member_is_in_its_features_person_file(
    table: str, feature: str
) -> None:
    assert feature in person_files(), f"{feature}/person.py is missing: table {table}"
    assert table in person_files()[feature].TABLES


def test_a_person_file_names_its_own_tables_only() -> None:
    load_models()
    for feature, file in person_files().items():
        for table in file.TABLES:
            assert features_of_tables()[table] == feature


@pytest.mark.parametrize("feature", sorted(person_files()))
def test_a_person_file_has_the_functions_that_persons_calls(feature: str) -> None:
    file = person_files()[feature]
    for name in ("export", "erase"):
        assert _parameters(getattr(file, name)) == _parameters(getattr(PersonFile, name))[1:]
    assert hasattr(file, "merge") == hasattr(file, "unmerge")
    if hasattr(file, "merge"):
        for name in ("merge", "unmerge"):
            assert _parameters(getattr(file, name)) == _parameters(getattr(ChangesHands, name))[1:]


def _parameters(function: Callable[..., object]) -> list[tuple[str, object]]:
    asked = inspect.signature(function).parameters.values()
    return [(parameter.name, parameter.kind) for parameter in asked]
