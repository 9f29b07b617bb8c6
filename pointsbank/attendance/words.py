"""Why an attendance counts no more minutes, as sentences."""

from collections.abc import Iterable, Sequence
from typing import Any

from pointsbank.earning.rules import Reason
from pointsbank.hours.rules import CUT_SENTENCES, CutKind


def reasons(why: Iterable[Sequence[Any]]) -> list[Reason]:
    """Why an attendance counts no more minutes, each as one sentence."""
    return [Reason(CUT_SENTENCES[CutKind(kind)], {"minutes": minutes}) for kind, minutes in why]
