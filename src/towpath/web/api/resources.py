"""Every resource of the API: adding one is adding its description here."""

from collections.abc import Mapping
from typing import Final

from towpath.web.api.description import Resource
from towpath.web.api.flow_resources import FLOW, FLOW_ACTION, FLOW_MESSAGE
from towpath.web.api.list_resources import (
    LIST,
    LIST_MEMBER,
    LIST_OF_PROFILE,
    SUPPRESSION_CREATE_JOB,
    SUPPRESSION_DELETE_JOB,
)
from towpath.web.api.people_resources import EVENT, METRIC, PROFILE
from towpath.web.api.template_resources import TEMPLATE

RESOURCES: Final[Mapping[str, Resource]] = {
    each.name: each
    for each in (
        PROFILE,
        METRIC,
        EVENT,
        LIST,
        SUPPRESSION_CREATE_JOB,
        SUPPRESSION_DELETE_JOB,
        FLOW,
        FLOW_ACTION,
        FLOW_MESSAGE,
        TEMPLATE,
    )
}

SEEN_FROM: Final[Mapping[tuple[str, str], Resource]] = {
    (LIST.name, "profiles"): LIST_MEMBER,
    (PROFILE.name, "lists"): LIST_OF_PROFILE,
}
"""What relations lead to, where many belong to many: the same type, with what joins the two."""


def target_of(resource: Resource, relation: str) -> Resource:
    """Return the resource that a relation leads to, as it is seen from there."""
    seen = SEEN_FROM.get((resource.name, relation))
    return seen or RESOURCES[resource.relations[relation].target]
