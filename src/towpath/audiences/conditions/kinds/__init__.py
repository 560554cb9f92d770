"""The kinds of condition: in which places each may stand, and which are carried out.

A kind is one file here that reads it into a `Condition`. A kind of the reference product without
one is kept verbatim, and keeps whatever holds it from going live.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from towpath.audiences.conditions.kinds.metric_property import read_metric_property
from towpath.audiences.conditions.kinds.profile_metric import read_profile_metric
from towpath.audiences.conditions.kinds.profile_property import read_profile_property
from towpath.audiences.conditions.model import Condition, KeptVerbatim, Place
from towpath.audiences.conditions.reading import Fields, named

_FLOW: Final = frozenset(
    {
        Place.FLOW_PROFILE_FILTER,
        Place.ADDITIONAL_FILTER,
        Place.CONDITIONAL_SPLIT,
        Place.BRANCH,
    }
)
_PERSON: Final = _FLOW | {Place.SEGMENT}
_EVENT: Final = frozenset({Place.TRIGGER_FILTER, Place.TRIGGER_SPLIT, Place.BRANCH})
_TRIGGER: Final = frozenset({Place.TRIGGER_FILTER, Place.TRIGGER_SPLIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of condition; without `read` it is known but not carried out."""

    places: frozenset[Place]
    read: Callable[[Fields], Condition | None] | None = None


KINDS: Final[Mapping[str, Kind]] = {
    "profile-property": Kind(places=_PERSON, read=read_profile_property),
    "profile-metric": Kind(places=_PERSON, read=read_profile_metric),
    "profile-group-membership": Kind(places=_PERSON),
    "profile-marketing-consent": Kind(places=_PERSON),
    "profile-permissions": Kind(places=_PERSON),
    "profile-region": Kind(places=_PERSON),
    "profile-postal-code-distance": Kind(places=_PERSON),
    "profile-predictive-analytics": Kind(places=_PERSON),
    "profile-has-custom-object": Kind(places=_PERSON),
    "profile-sample": Kind(places=_FLOW),
    "profile-not-sent-email": Kind(places=_FLOW),
    "profile-not-sent-sms": Kind(places=_FLOW),
    "profile-not-sent-push": Kind(places=_FLOW),
    "profile-not-in-flow": Kind(places=frozenset({Place.FLOW_PROFILE_FILTER})),
    "profile-metric-funnel": Kind(places=frozenset({Place.SEGMENT})),
    "metric-property": Kind(places=_EVENT, read=read_metric_property),
    "price-drop-property": Kind(places=_TRIGGER),
    "low-inventory-property": Kind(places=_TRIGGER),
    "custom-object-property": Kind(places=_TRIGGER),
    "custom-object-trigger-property": Kind(places=_EVENT),
}


def read_condition(fields: Fields) -> Condition | None:
    """Read one condition; None when it is wrong, and the problem is recorded."""
    type_ = fields.name("type")
    if type_ is None:
        return None
    kind = KINDS.get(type_)
    if kind is None:
        fields.keep("type", f"the condition {named(type_)}")
        return KeptVerbatim(type=type_)
    place = fields.reading.place
    if place not in kind.places:
        detail = f"{named(type_)} does not belong in a {place.replace('_', ' ')}; remove it."
        fields.refuse("type", detail)
        return None
    if kind.read is None:
        fields.keep("type", f"the condition {named(type_)}")
        return KeptVerbatim(type=type_)
    return kind.read(fields) or KeptVerbatim(type=type_)
