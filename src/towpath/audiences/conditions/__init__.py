"""Conditions: whom a filter lets through.

One typed tree, read from the public JSON (api.md §6) with every problem by its JSON pointer,
compiled to an SQL expression over a profile, its events and the event that started a run, and
described as a sentence. SQL is the only thing that judges; the tests hold a slow evaluator that
it must agree with.

- `kinds/`: one file per kind of condition; `filters/`: one file per type of filter;
- `values.py`: stored JSON as SQL of each type, with casts that cannot raise;
- `property_path.py`: how a profile's properties are named.
"""

from towpath.audiences.conditions.groups import (
    compile_groups,
    describe,
    looks_at_when_profiles_change,
    parse_groups,
)
from towpath.audiences.conditions.model import (
    ConditionGroups,
    NotCarriedOut,
    Place,
    Reference,
    ReferenceKind,
    Regex,
    Unsupported,
)
from towpath.audiences.conditions.regex_check import BadRegex, check_regexes
from towpath.audiences.conditions.scope import Scope

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
    "looks_at_when_profiles_change",
    "parse_groups",
]
