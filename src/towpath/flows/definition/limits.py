"""The limits of one definition, each with its unit.

They are far above what a person draws by hand; they keep a hostile or broken document from
costing the server more than a moment.
"""

from typing import Final

ACTIONS_MAX: Final = 1_000
"""Actions of one flow, those inside A/B tests included."""

DOCUMENT_BYTES_MAX: Final = 5_000_000
"""The whole document as compact UTF-8 JSON."""

TEXT_CHARACTERS_MAX: Final = 500_000
"""The inline HTML or text of one message."""

NAME_CHARACTERS_MAX: Final = 255
"""An id, a name, a label, an address."""

LINE_CHARACTERS_MAX: Final = 2_000
"""A subject line, a URL, a property's value: one line, template tags included."""

PROBLEMS_MAX: Final = 100
"""Problems reported of one document; further ones are left out."""

BRANCHES_MAX: Final = 100

LINKS_MAX: Final = 2 * BRANCHES_MAX
"""Ways out of one action, of an unknown type too."""

PROFILE_OPERATIONS_MAX: Final = 500

PROFILE_OPERATIONS_BYTES_MAX: Final = 100_000
"""All strings of one update-profile action together (api.md §5.3)."""

RECIPIENTS_KEPT_MAX: Final = 100
"""Addresses a draft alert may hold; going live needs far fewer (`alert_rules`)."""

DELAY_DAYS_MAX: Final = 3_650

PATH_DAYS_MAX: Final = 36_500
"""All delays along one path: a date that far back is still a date."""

REENTRY_DAYS_MAX: Final = 3_650

AMOUNT_MAX: Final = 1_000_000_000
"""Counts and amounts in triggers."""
