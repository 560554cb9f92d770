"""The limits of one condition tree, each with its unit.

They are well above what a person builds by hand (the reference product allows 100 conditions); they
keep a hostile document from costing the server, or every judgement after it, more than a moment.
"""

from typing import Final

GROUPS_MAX: Final = 100
"""Condition groups of one filter."""

CONDITIONS_MAX: Final = 200
"""Conditions of one filter, over all its groups."""

METRIC_FILTERS_MAX: Final = 20
"""Filters on the events that one profile-metric condition counts."""

VALUES_MAX: Final = 1_000
"""Values of one `in`, `contains-any` or phone-country filter."""

VALUE_CHARACTERS_MAX: Final = 2_000
"""One value that a property is compared with."""

NAME_CHARACTERS_MAX: Final = 255
"""An id, or the name of a property."""

REGEX_CHARACTERS_MAX: Final = 500

QUANTITY_MAX: Final = 100_000
"""Hours, days or weeks of a relative date; a date that far back is still a date."""

PROBLEMS_MAX: Final = 100
"""Problems reported of one filter; further ones are left out."""
