"""The writing operations of templates, described."""

from typing import Final

from towpath.accounts import Permission
from towpath.web.api import template_writes
from towpath.web.api.operations import Operation
from towpath.web.api.rate_limits import Tier
from towpath.web.api.schemas import Schema, attributes, document
from towpath.web.api.template_resources import TEMPLATE

_WRITE: Final = Permission.AUTOMATION
_TEXT: Final[Schema] = {"type": "string"}
_PART: Final[Schema] = {"anyOf": [_TEXT, {"type": "null"}]}
_ID: Final[Schema] = {"id": _TEXT}


TEMPLATE_BODY: Final = document(
    "template",
    attributes(
        {
            "name": _TEXT,
            "editor_type": {"type": "string", "enum": list(template_writes.EDITORS)},
            "html": _PART,
            "text": _PART,
        },
        "name",
        "editor_type",
    ),
    required=("attributes",),
)
TEMPLATE_PATCH_BODY: Final = document(
    "template",
    _ID | attributes({"name": _TEXT, "html": _PART, "text": _PART}),
    required=("id", "attributes"),
)
CLONE_BODY: Final = document("template", _ID | attributes({"name": _TEXT}), required=("id",))
RENDER_BODY: Final = document(
    "template",
    _ID | attributes({"context": {"type": "object"}}, "context"),
    required=("id", "attributes"),
)

TEMPLATE_OPERATIONS: Final = (
    Operation(
        method="POST",
        path="templates",
        name="create_template",
        summary="Make a template",
        handler=template_writes.create_template,
        permission=_WRITE,
        tier=Tier.L,
        status=201,
        resource=TEMPLATE,
        body=TEMPLATE_BODY,
    ),
    Operation(
        method="PATCH",
        path="templates/{id}",
        name="update_template",
        summary="Change a template",
        handler=template_writes.update_template,
        permission=_WRITE,
        tier=Tier.L,
        resource=TEMPLATE,
        body=TEMPLATE_PATCH_BODY,
    ),
    Operation(
        method="DELETE",
        path="templates/{id}",
        name="delete_template",
        summary="Delete a template",
        handler=template_writes.delete_template,
        permission=_WRITE,
        tier=Tier.L,
        status=204,
    ),
    Operation(
        method="POST",
        path="template-render",
        name="render_template",
        summary="Render a template",
        handler=template_writes.render_template,
        permission=Permission.ACTIVITY,
        tier=Tier.S,
        status=201,
        resource=TEMPLATE,
        body=RENDER_BODY,
    ),
    Operation(
        method="POST",
        path="template-clone",
        name="clone_template",
        summary="Copy a template",
        handler=template_writes.clone_template,
        permission=_WRITE,
        tier=Tier.L,
        status=201,
        resource=TEMPLATE,
        body=CLONE_BODY,
    ),
)
