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
from towpath.templates.render import (
    Compiled,
    compile,  # noqa: A004 -- read as templates.compile
    render_subject,
)

__all__ = [
    "Compiled",
    "ForbiddenTag",
    "RenderContext",
    "TemplateRenderError",
    "TemplateSyntax",
    "check",
    "compile",
    "forbidden_tags",
    "render_subject",
    "variables",
]
