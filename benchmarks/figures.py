"""What a benchmark found, beside what it has to reach."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console
from rich.table import Table


class Better(StrEnum):
    """Which way a figure is better."""

    HIGHER = "≥"
    LOWER = "≤"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value: `limit` is what it has to reach, `beside` what was measured beside it.

    A figure without a limit is shown for comparison.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    better: Better = Better.HIGHER
    beside: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the figure keeps its limit."""
        if self.limit is None:
            return True
        if self.better is Better.HIGHER:
            return self.value >= self.limit
        return self.value <= self.limit


def print_figures(figures: Iterable[Figure]) -> bool:
    """Print a table; return whether every limit is kept."""
    table = Table("figure", "measured", "limit", "beside")
    is_met = True
    for figure in figures:
        limit = "" if figure.limit is None else f"{figure.better} {_shown(figure.limit)}"
        colour = "green" if figure.is_met else "red"
        measured = f"[{colour}]{_shown(figure.value)} {figure.unit}[/{colour}]"
        table.add_row(figure.name, measured, limit, figure.beside)
        is_met = is_met and figure.is_met
    Console(width=120).print(table)
    return is_met


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"
