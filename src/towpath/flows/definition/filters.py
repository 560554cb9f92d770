"""Condition groups inside a definition, read by the condition language (api.md §6)."""

from towpath.audiences.conditions import ConditionGroups, Place, parse_groups
from towpath.flows.definition.reading import Fields
from towpath.kit.errors import Problem, Problems


def read_filter(fields: Fields, key: str, place: Place) -> ConditionGroups | None:
    """Read the filter at `key`; None when it is absent, null or wrong.

    Its problems and unsupported parts join those of the definition, with pointers into it.
    """
    value = fields.values.get(key)
    if value is None:
        return None
    try:
        groups = parse_groups(value, pointer=fields.at(key), place=place)
    except Problems as several:
        fields.findings.refuse_all(several.problems)
        return None
    except Problem as problem:
        fields.findings.refuse_all([problem])
        return None
    fields.findings.filters.append(groups)
    fields.findings.unsupported.extend(groups.unsupported())
    return groups
