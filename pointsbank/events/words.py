"""Reasons as sentences: what an edge shows of the pairs stored beside an attendance."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pointsbank.events.rules import CUT_SENTENCES, CutKind


def reasons(why: Iterable[Sequence[Any]], translate: Callable[[str], str]) -> list[str]:
    """Why an attendance counts no more minutes, each as one sentence."""
    return [translate(CUT_SENTENCES[CutKind(kind)]) % {"minutes": minutes} for kind, minutes in why]
