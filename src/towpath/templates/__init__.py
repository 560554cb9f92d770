"""Templates: the texts of messages with their tags and names (flows.md §8).

The dialect is Django's, on plain data only, with the reference product's own tags and filters.
`check` refuses a faulty template when it is saved; `compile` and `Compiled.render` make the text;
every rendering is bounded in time, memory and size, whatever the template and the data.
"""

from towpath.templates.checks import check, forbidden_tags, variables
from towpath.templates.model import (
    ForbiddenTag,
    RenderContext,
    TemplateRenderError,
    TemplateSyntax,
)
from towpath.templates.operations import create_template, delete_template, update_template
from towpath.templates.queries import get_template, list_templates, stored_templates
from towpath.templates.render import (
    Compiled,
    compile,  # noqa: A004 -- read as templates.compile
    render_subject,
)
from towpath.templates.routes import make_router
from towpath.templates.stored import (
    NAME_CHARACTERS_MAX,
    EditorType,
    ListedTemplate,
    StoredTemplate,
    TemplateDraft,
    TemplateExists,
    TemplateInUse,
    TemplateInvalid,
    TemplateNotFound,
    TemplateUse,
)
from towpath.templates.tables import template as template_table

__all__ = [
    "NAME_CHARACTERS_MAX",
    "Compiled",
    "EditorType",
    "ForbiddenTag",
    "ListedTemplate",
    "RenderContext",
    "StoredTemplate",
    "TemplateDraft",
    "TemplateExists",
    "TemplateInUse",
    "TemplateInvalid",
    "TemplateNotFound",
    "TemplateRenderError",
    "TemplateSyntax",
    "TemplateUse",
    "check",
    "compile",
    "create_template",
    "delete_template",
    "forbidden_tags",
    "get_template",
    "list_templates",
    "make_router",
    "render_subject",
    "stored_templates",
    "template_table",
    "update_template",
    "variables",
]
