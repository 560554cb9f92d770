"""Templates as resources of the API (api.md §7)."""

from typing import Final

from towpath import templates
from towpath.accounts import Permission
from towpath.web.api.description import (
    Attribute,
    Kind,
    Resource,
    Sortable,
    column_attribute,
    filterable,
)
from towpath.web.api.filters import COMPARISONS, Operator
from towpath.web.api.rate_limits import Tier

_EQUAL = frozenset({Operator.EQUALS})
_EXACT = _EQUAL | {Operator.ANY}
_WHEN = COMPARISONS | _EQUAL
_template = templates.template_table.c

TEMPLATE: Final = Resource(
    name="template",
    path="templates",
    table=templates.template_table,
    id_kind=Kind.SHORT_ID,
    permission=Permission.ACTIVITY,
    not_found=templates.TemplateNotFound,
    page_size=10,
    page_size_max=10,
    list_tier=Tier.L,
    one_tier=Tier.L,
    related_tier=Tier.S,
    attributes={
        "name": column_attribute("name", Kind.TEXT, "What it is called."),
        "editor_type": column_attribute(
            "editor_type", Kind.TEXT, "CODE, USER_DRAGGABLE or SYSTEM_DRAGGABLE."
        ),
        # Clients take no null here (api.md §2, rule 3).
        "html": Attribute(
            kind=Kind.TEXT,
            read=lambda row, _extras: row.html or "",
            text="The HTML part; empty when there is none.",
        ),
        "text": column_attribute("text", Kind.TEXT, "The plain-text part."),
        "created": column_attribute("created_at", Kind.MOMENT, "When it was made."),
        "updated": column_attribute("updated_at", Kind.MOMENT, "When it was last changed."),
        "definition": Attribute(
            kind=Kind.OBJECT,
            read=lambda _row, _extras: None,
            text="Always null: templates are HTML, not blocks of an editor.",
            is_additional=True,
        ),
    },
    filters={
        "id": filterable(_template.id, Kind.SHORT_ID, _EXACT),
        "name": filterable(_template.name, Kind.TEXT, _EXACT | {Operator.CONTAINS}),
        "created": filterable(_template.created_at, Kind.MOMENT, _WHEN),
        "updated": filterable(_template.updated_at, Kind.MOMENT, _WHEN),
    },
    sorts={
        "id": Sortable(column=_template.id, kind=Kind.SHORT_ID),
        "name": Sortable(column=_template.name, kind=Kind.TEXT),
        "created": Sortable(column=_template.created_at, kind=Kind.MOMENT),
        "updated": Sortable(column=_template.updated_at, kind=Kind.MOMENT),
    },
)
