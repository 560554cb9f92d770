"""The filters a template may use: an allow-list, each with what it reads and what it may cost."""

from towpath.templates.filters import dates, lists, numbers, text
from towpath.templates.filters.model import Argument, Filter, apply

FILTERS: dict[str, Filter] = {
    **text.FILTERS,
    **numbers.FILTERS,
    **lists.FILTERS,
    **dates.FILTERS,
}

__all__ = ["FILTERS", "Argument", "Filter", "apply"]
