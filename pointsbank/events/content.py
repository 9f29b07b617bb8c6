"""What is said of an event: from its row, onto its row, and what becomes of a place by name."""

from collections.abc import Mapping
from typing import Any, cast

from sqlmodel import Session

from pointsbank.core.encryption import seal, unseal
from pointsbank.events.models import Event
from pointsbank.events.rules import (
    EMPTY,
    FIELD_NAMES,
    HOUSES,
    Content,
    NotAHouse,
    PlaceMissing,
)  # fmt: skip
from pointsbank.members.queries import skills
from pointsbank.members.rules import check_skills
from pointsbank.orgs.queries import organisation
from pointsbank.orgs.rules import check_open

_SEALED = ("in_charge", "recorder")


def content_of(event: Event) -> Content:
    """All that an event says of itself, opened."""
    said = {name: getattr(event, name) for name in FIELD_NAMES if name not in _SEALED}
    return cast(
        "Content",
        said | {"in_charge": in_charge(event), "recorder": _opened(event.recorder_sealed)},
    )


def in_charge(event: Event) -> str:
    return _opened(event.in_charge_sealed)


def columns_of(content: Content) -> dict[str, Any]:
    """The same as an event's columns hold it."""
    given: dict[str, Any] = {name: content.get(name, EMPTY.get(name)) for name in FIELD_NAMES}
    for name in _SEALED:
        text = given.pop(name)
        given[f"{name}_sealed"] = seal(text) if text else None
    return given


def completed(session: Session, content: Content) -> Content:
    """The content with every field, and the name of the house that is its place.

    Refuses, in order: of the place NoSuchOrganisation, NotAHouse, OrganisationClosed; then
    PlaceMissing, NoSuchSkill.
    """
    whole = cast("Content", {**EMPTY, **content})
    if whole["place_id"] is not None:
        house = organisation(session, whole["place_id"])
        if house.kind not in HOUSES:
            raise NotAHouse(name=house.name)
        check_open(house.closed_on)
        whole["place"] = whole["place"] or house.name
    if not whole["place"]:
        raise PlaceMissing
    if whole["skill"]:
        check_skills([whole["skill"]], skills(session))
    return whole


def is_same(before: Event, content: Content) -> bool:
    """Whether an event says what was asked; a place left to its house's name is as it is."""
    said: Mapping[str, Any] = content_of(before)
    asked: Mapping[str, Any] = {**EMPTY, **content}
    return all(
        said[name] == value
        for name, value in asked.items()
        if value or name != "place" or not asked["place_id"]
    )


def _opened(sealed: bytes | None) -> str:
    return unseal(sealed) if sealed else ""
