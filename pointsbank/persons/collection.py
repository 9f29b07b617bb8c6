"""Every feature's ``person.py``, found by its file name."""

import importlib
from functools import cache
from importlib.util import find_spec
from typing import cast

from pointsbank.core.person import PersonFile
from pointsbank.core.resources import features


@cache
def person_files() -> dict[str, PersonFile]:
    """The files by feature: the register first, then by name.

    An erasure takes them from the last to the first: by what the register holds of her others find
    what they hold.
    """
    names = sorted(features(), key=lambda name: (name != "members", name))
    found = {name: f"pointsbank.{name}.person" for name in names if name != "core"}
    return {
        name: cast(PersonFile, importlib.import_module(path))
        for name, path in found.items()
        if find_spec(path)
    }
