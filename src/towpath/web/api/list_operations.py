"""The writing operations of lists, subscriptions and suppressions, with what they take."""

from typing import Final

from towpath import audiences, people
from towpath.accounts import Permission
from towpath.audiences import OptInProcess
from towpath.web.api import list_writes, subscription_writes
from towpath.web.api.list_resources import LIST, SUPPRESSION_CREATE_JOB, SUPPRESSION_DELETE_JOB
from towpath.web.api.operations import Handler, Operation
from towpath.web.api.rate_limits import Tier
from towpath.web.api.schemas import Schema, document, list_of, object_of
from towpath.web.api.subscription_bodies import CHANNELS, PROFILES_PER_REQUEST_MAX

_TEXT: Final[Schema] = {"type": "string"}
_MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
_WRITE: Final = Permission.PEOPLE_EDIT
_LIST_ATTRIBUTES: Final = {
    "name": {"type": "string", "maxLength": audiences.LIST_NAME_CHARACTERS_MAX},
    "opt_in_process": {"type": "string", "enum": [str(each) for each in OptInProcess]},
}
_LIST_BODY: Final = document(
    "list", {"attributes": object_of(_LIST_ATTRIBUTES, ("name",))}, required=("attributes",)
)
_LIST_PATCH_BODY: Final = document(
    "list", {"id": _TEXT, "attributes": object_of(_LIST_ATTRIBUTES)}, required=("id", "attributes")
)
_MEMBERS_BODY: Final = list_of(
    object_of({"type": {"type": "string", "enum": ["profile"]}, "id": _TEXT}, ("type", "id"))
)
_TO_LIST: Final = object_of({"list": document("list", {"id": _TEXT}, required=("id",))})


def _list_writes() -> list[Operation]:
    relationship = "lists/{id}/relationships/profiles"
    return [
        Operation(
            method="POST",
            path="lists",
            name="create_list",
            summary="Make a list",
            handler=list_writes.create_list,
            permission=_WRITE,
            tier=Tier.M,
            status=201,
            resource=LIST,
            body=_LIST_BODY,
        ),
        Operation(
            method="PATCH",
            path="lists/{id}",
            name="update_list",
            summary="Change a list",
            handler=list_writes.update_list,
            permission=_WRITE,
            tier=Tier.M,
            resource=LIST,
            body=_LIST_PATCH_BODY,
        ),
        Operation(
            method="DELETE",
            path="lists/{id}",
            name="delete_list",
            summary="Delete a list",
            handler=list_writes.delete_list,
            permission=_WRITE,
            tier=Tier.M,
            status=204,
        ),
        Operation(
            method="POST",
            path=relationship,
            name="add_profiles_to_list",
            summary="Put profiles on a list",
            handler=list_writes.add_profiles,
            permission=_WRITE,
            tier=Tier.M,
            status=204,
            body=_MEMBERS_BODY,
        ),
        Operation(
            method="DELETE",
            path=relationship,
            name="remove_profiles_from_list",
            summary="Take profiles off a list",
            handler=list_writes.remove_profiles,
            permission=_WRITE,
            tier=Tier.M,
            status=204,
            body=_MEMBERS_BODY,
        ),
    ]


def _jobs() -> list[Operation]:
    return [
        _subscription_job(
            subscription_writes.SUBSCRIBE_JOB,
            "bulk_subscribe_profiles",
            "Subscribe up to 1,000 profiles",
            people.ConsentStatus.SUBSCRIBED,
            subscription_writes.subscribe,
        ),
        _subscription_job(
            subscription_writes.UNSUBSCRIBE_JOB,
            "bulk_unsubscribe_profiles",
            "Unsubscribe up to 1,000 profiles",
            people.ConsentStatus.UNSUBSCRIBED,
            subscription_writes.unsubscribe,
        ),
        Operation(
            method="POST",
            path=SUPPRESSION_CREATE_JOB.path,
            name="bulk_suppress_profiles",
            summary="Suppress up to 1,000 profiles, or a list",
            handler=subscription_writes.suppress,
            permission=_WRITE,
            tier=Tier.L,
            status=202,
            resource=SUPPRESSION_CREATE_JOB,
            body=_suppression_body(SUPPRESSION_CREATE_JOB.name),
        ),
        Operation(
            method="POST",
            path=SUPPRESSION_DELETE_JOB.path,
            name="bulk_unsuppress_profiles",
            summary="End the suppression of up to 1,000 profiles, or of a list",
            handler=subscription_writes.unsuppress,
            permission=_WRITE,
            tier=Tier.L,
            status=202,
            resource=SUPPRESSION_DELETE_JOB,
            body=_suppression_body(SUPPRESSION_DELETE_JOB.name),
        ),
    ]


def _subscription_job(
    kind: str, name: str, summary: str, status: people.ConsentStatus, handler: Handler
) -> Operation:
    return Operation(
        method="POST",
        path=f"{kind}s",
        name=name,
        summary=summary,
        handler=handler,
        permission=_WRITE,
        tier=Tier.L,
        status=202,
        body=_subscription_body(kind, status),
    )


def _subscription_body(kind: str, status: people.ConsentStatus) -> Schema:
    word = object_of(
        {
            "consent": {"type": "string", "enum": [status.value.upper()]},
            "consented_at": _MOMENT,
        },
        ("consent",),
    )
    channels: dict[str, Schema] = {}
    for name, purpose in CHANNELS:
        channels.setdefault(name, {})[purpose] = word
    subscriptions = object_of({name: object_of(purposes) for name, purposes in channels.items()})
    profile = object_of(
        {"email": _TEXT, "phone_number": _TEXT, "subscriptions": subscriptions}, ("subscriptions",)
    )
    attributes = {
        "custom_source": _TEXT,
        "historical_import": {"type": "boolean"},
        "profiles": _people(profile),
    }
    return document(
        kind,
        {"attributes": object_of(attributes, ("profiles",)), "relationships": _TO_LIST},
        required=("attributes",),
    )


def _suppression_body(kind: str) -> Schema:
    profiles = _people(object_of({"email": {"type": "string", "format": "email"}}, ("email",)))
    return document(
        kind, {"attributes": object_of({"profiles": profiles}), "relationships": _TO_LIST}
    )


def _people(attributes: Schema) -> Schema:
    members = {"type": {"type": "string", "enum": ["profile"]}, "attributes": attributes}
    people_list = list_of(object_of(members, ("type", "attributes")))
    people_list["properties"]["data"] |= {"minItems": 1, "maxItems": PROFILES_PER_REQUEST_MAX}
    return people_list


LIST_OPERATIONS: Final = (*_list_writes(), *_jobs())
"""Every operation that changes lists, consent or suppressions."""
