"""Every resource of the API: adding one is adding its description here."""

from collections.abc import Mapping
from typing import Final

from towpath.web.api.description import Resource
from towpath.web.api.flow_resources import FLOW, FLOW_ACTION, FLOW_MESSAGE
from towpath.web.api.people_resources import EVENT, METRIC, PROFILE
from towpath.web.api.template_resources import TEMPLATE

RESOURCES: Final[Mapping[str, Resource]] = {
    each.name: each for each in (PROFILE, METRIC, EVENT, FLOW, FLOW_ACTION, FLOW_MESSAGE, TEMPLATE)
}
