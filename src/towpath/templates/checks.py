"""What can be said about a template before it is rendered."""

import re
from collections.abc import Iterator

from django.template.base import NodeList

from towpath.templates.model import ForbiddenTag
from towpath.templates.render import compile  # noqa: A004 -- read as templates.compile
from towpath.templates.render_nodes import walk
from towpath.templates.render_parser import parse
from towpath.templates.tags import TAGS

# alerts.md, Editing: unique coupons, data and product feeds, and the recipient's own links.
FORBIDDEN_IN_ALERTS = re.compile(
    r"coupon_code|catalog|catalog_item|feeds|web_feeds|(?:web_view|manage_preferences|unsubscribe)(?:_\w+)?"
)


def check(source: str, *, autoescape: bool) -> None:
    """Raise `TemplateSyntax` with line and column when the template cannot be compiled."""
    compile(source, autoescape=autoescape)


def forbidden_tags(source: str) -> list[ForbiddenTag]:
    """List what an alert must not use, in the order of the text (alerts.md, Editing).

    Found among tags and names wherever they are evaluated; what stands in comments and verbatim
    blocks, and names that the template itself defines, do not count. Raises `TemplateSyntax`.
    """
    return [
        ForbiddenTag(name=name, line=line)
        for name, line in _names(parse(source, TAGS))
        if FORBIDDEN_IN_ALERTS.fullmatch(name)
    ]


def variables(source: str) -> set[str]:
    """Give the dotted names that the template reads from its data, such as `event.Items.0.title`.

    Keys of `lookup` are further steps. Names defined by `for`, `with` and `as` are left out.
    Raises `TemplateSyntax`.
    """
    return {
        ".".join(path)
        for node, bound in walk(parse(source, TAGS))
        for expression in node.expressions
        for path in expression.paths()
        if path[0] not in bound and path[0] not in {"True", "False", "None"}
    }


def _names(nodes: NodeList) -> Iterator[tuple[str, int]]:
    for node, bound in walk(nodes):
        if node.tag is not None:
            yield node.tag, node.token.lineno
        for expression in node.expressions:
            for path in expression.paths():
                if path[0] not in bound:
                    yield path[0], node.token.lineno
