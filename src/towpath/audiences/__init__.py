"""Audiences: who is meant.

*Conditions* say it of one person: `parse_groups` reads a filter's public JSON, `compile_groups`
turns it into SQL inside any statement, `describe` into a sentence.
"""

from towpath.audiences.conditions import (
    BadRegex,
    ConditionGroups,
    NotCarriedOut,
    Place,
    Reference,
    ReferenceKind,
    Regex,
    Scope,
    Unsupported,
    check_regexes,
    compile_groups,
    describe,
    parse_groups,
)

__all__ = [
    "BadRegex",
    "ConditionGroups",
    "NotCarriedOut",
    "Place",
    "Reference",
    "ReferenceKind",
    "Regex",
    "Scope",
    "Unsupported",
    "check_regexes",
    "compile_groups",
    "describe",
    "parse_groups",
]
