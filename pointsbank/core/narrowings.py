"""What a feature's ``narrowing.py`` adds to the filters of the register, found by its file name.

Such a file has ``OPTIONS``, value to Chinese text, in their order; ``holds(session, value, on)``, a
condition on each ``Member`` of a statement for whom the value holds on a day; and ``few(session,
value, on, most=…)``, the ids of all for whom it may hold, unless they are more. Its feature's name
is that of the filter in an address.
"""

import importlib
from functools import cache
from importlib.util import find_spec
from types import ModuleType

from pointsbank.core.resources import features


@cache
def narrowing_of(feature: str) -> ModuleType | None:
    """A feature's ``narrowing.py``, if it has one."""
    name = f"pointsbank.{feature}.narrowing"
    if feature not in features() or find_spec(name) is None:
        return None
    return importlib.import_module(name)
