"""Audiences: who is meant.

*Conditions* say it of one person: `parse_groups` reads a filter's public JSON, `compile_groups`
turns it into SQL inside any statement, `describe` into a sentence.

A *list* says it by name: people are put on it and taken off. A *suppression* says who gets no
marketing emails, whatever they agreed to.
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
from towpath.audiences.lists.model import (
    LIST_NAME_CHARACTERS_MAX,
    ContactList,
    InvalidList,
    ListIdTaken,
    ListNotFound,
    OptInProcess,
)
from towpath.audiences.lists.operations import (
    add_to_list,
    checked_list_name,
    create_list,
    delete_list,
    hold_list,
    remove_from_list,
    update_list,
)
from towpath.audiences.lists.queries import (
    LIST_MEMBERS,
    LISTS_OF_PROFILES,
    get_list,
    member_counts,
    members_among,
)
from towpath.audiences.lists.tables import list_ as list_table
from towpath.audiences.merging import move_memberships
from towpath.audiences.suppressions.model import Suppression, SuppressionReason
from towpath.audiences.suppressions.operations import (
    lift_suppressions,
    suppress,
    suppress_members,
    unsuppress,
    unsuppress_members,
)
from towpath.audiences.suppressions.queries import suppressions_of

__all__ = [
    "LISTS_OF_PROFILES",
    "LIST_MEMBERS",
    "LIST_NAME_CHARACTERS_MAX",
    "BadRegex",
    "ConditionGroups",
    "ContactList",
    "InvalidList",
    "ListIdTaken",
    "ListNotFound",
    "NotCarriedOut",
    "OptInProcess",
    "Place",
    "Reference",
    "ReferenceKind",
    "Regex",
    "Scope",
    "Suppression",
    "SuppressionReason",
    "Unsupported",
    "add_to_list",
    "check_regexes",
    "checked_list_name",
    "compile_groups",
    "create_list",
    "delete_list",
    "describe",
    "get_list",
    "hold_list",
    "lift_suppressions",
    "list_table",
    "member_counts",
    "members_among",
    "move_memberships",
    "parse_groups",
    "remove_from_list",
    "suppress",
    "suppress_members",
    "suppressions_of",
    "unsuppress",
    "unsuppress_members",
    "update_list",
]
