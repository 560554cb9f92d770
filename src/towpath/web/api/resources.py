"""Every resource of the API: adding one is adding its description here."""

from collections.abc import Mapping
from typing import Final

from towpath.web.api.description import Resource
from towpath.web.api.people_resources import EVENT, METRIC, PROFILE

RESOURCES: Final[Mapping[str, Resource]] = {each.name: each for each in (PROFILE, METRIC, EVENT)}
