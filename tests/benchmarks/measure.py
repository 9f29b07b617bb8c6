"""Fair comparison: contestants take turns, several rounds, medians; printed as one table."""

import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table

Contestant = TypeVar("Contestant")


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison: ours against the bare limit, both in ``unit`` a second or in seconds."""

    what: str
    ours: float
    bare: float
    unit: str = "/s"
    goal: float | None = None

    @property
    def ratio(self) -> float:
        """How much of the bare limit is reached: of rates ours / bare, of times bare / ours."""
        return self.ours / self.bare if self.unit.endswith("/s") else self.bare / self.ours


@dataclass(frozen=True, slots=True)
class Growth:
    """One figure at every size; ``most`` is how many times the first the last may be, ``least``
    what every one should reach.
    """

    what: str
    figures: Sequence[float]
    unit: str
    most: float | None = None
    least: float | None = None

    @property
    def growth(self) -> float:
        return self.figures[-1] / self.figures[0]

    @property
    def missed(self) -> bool:
        return (self.most is not None and self.growth > self.most) or (
            self.least is not None and min(self.figures) < self.least
        )


def interleave(
    contestants: Mapping[Contestant, Callable[[], float]], *, rounds: int = 5, warm_up: int = 1
) -> dict[Contestant, float]:
    """Let the contestants take turns; the median of what each answers, warm-up rounds left out."""
    found: dict[Contestant, list[float]] = {name: [] for name in contestants}
    for turn in range(warm_up + rounds):
        for name, run in contestants.items():
            result = run()
            if turn >= warm_up:
                found[name].append(result)
    return {name: statistics.median(results) for name, results in found.items()}


def in_process(file: str, *arguments: object) -> dict[str, Any]:
    """What ``python file --run …`` prints last, as JSON: a run in a process of its own."""
    command = [sys.executable, file, "--run", *map(str, arguments)]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(told.stdout.splitlines()[-1]))


def megabytes() -> float:
    """The most that this process ever held: ``ru_maxrss`` would begin with that of its parent."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (told,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(told.split()[1]) / 1024


def show(title: str, lines: Sequence[Line]) -> None:
    """Print the comparisons; a goal that is missed is marked."""
    table = Table(title=title)
    table.add_column("")
    for column in ("ours", "bare", "ratio", "goal"):
        table.add_column(column, justify="right")
    for line in lines:
        missed = line.goal is not None and line.ratio < line.goal
        table.add_row(
            line.what,
            f"{line.ours:,.1f}{line.unit}" if line.ours < 100 else f"{line.ours:,.0f}{line.unit}",
            f"{line.bare:,.1f}{line.unit}" if line.bare < 100 else f"{line.bare:,.0f}{line.unit}",
            f"[{'red' if missed else 'green'}]{line.ratio:.0%}[/]",
            "" if line.goal is None else f"{line.goal:.0%}",
        )
    Console().print(table)


def show_growth(title: str, sizes: Sequence[str], lines: Sequence[Growth]) -> None:
    """Print each figure by size, and how it grows from the first to the last."""
    table = Table(title=title)
    table.add_column("")
    for column in (*sizes, "growth", "goal"):
        table.add_column(column, justify="right")
    for line in lines:
        goal = "" if line.most is None else f"≤ {line.most:.1f} ×"
        table.add_row(
            line.what,
            *(_figure(figure, line.unit) for figure in line.figures),
            f"[{'red' if line.missed else 'green'}]{line.growth:.2f} ×[/]",
            goal if line.least is None else f"≥ {line.least:,.0f}{line.unit}",
        )
    Console().print(table)


def _figure(figure: float, unit: str) -> str:
    places = 0 if figure >= 100 else 1 if figure >= 10 else 3
    return f"{figure:,.{places}f}{unit}"
