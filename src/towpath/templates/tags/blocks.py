"""Blocks: with, autoescape, spaceless, comment, verbatim; and catalog, which is only read."""

from django.template.base import NodeList, Token, token_kwargs
from django.template.exceptions import TemplateSyntaxError
from django.utils.html import strip_spaces_between_tags
from django.utils.text import smart_split

from towpath.templates.render_limits import CHARACTERS_READ_PER_UNIT
from towpath.templates.render_nodes import Body, Evaluates, Node, Text
from towpath.templates.render_parser import TagCompiler, TemplateParser
from towpath.templates.render_state import RenderState
from towpath.templates.render_values import MISSING


def words(token: Token) -> list[str]:
    """Split a tag at its spaces; quoted texts stay whole."""
    return list(smart_split(token.contents))


def block(parser: TemplateParser, end: str) -> NodeList:
    """Read up to the end tag and past it."""
    nodes = parser.parse((end,))
    parser.delete_first_token()
    return nodes


class With(Node):
    """`{% with total=event.Total %}...{% endwith %}`."""

    def __init__(self, names: dict[str, Evaluates], nodes: NodeList) -> None:
        """`names` exist inside the block."""
        self.names = names
        self.nodes = nodes
        self.expressions = tuple(names.values())
        self.bodies = (Body(nodes=nodes, names=frozenset(names)),)

    def render(self, context: RenderState) -> str:
        """Evaluate the names outside the block, then render it."""
        values: dict[str, object] = {}
        for name, expression in self.names.items():
            value = expression.resolve(context)
            values[name] = "" if value is MISSING else value
        with context.scope(values):
            return str(self.nodes.render(context))


class AutoEscape(Node):
    """`{% autoescape off %}...{% endautoescape %}`."""

    def __init__(self, *, is_on: bool, nodes: NodeList) -> None:
        """`is_on` holds inside the block."""
        self.is_on = is_on
        self.nodes = nodes
        self.bodies = (Body(nodes=nodes),)

    def render(self, context: RenderState) -> str:
        """Render the block with escaping switched."""
        before, context.autoescape = context.autoescape, self.is_on
        try:
            return str(self.nodes.render(context))
        finally:
            context.autoescape = before


class Spaceless(Node):
    """`{% spaceless %}...{% endspaceless %}`."""

    def __init__(self, nodes: NodeList) -> None:
        """White space between the HTML tags of the block is dropped."""
        self.nodes = nodes
        self.bodies = (Body(nodes=nodes),)

    def render(self, context: RenderState) -> str:
        """Render the block, then drop the space."""
        text = str(self.nodes.render(context)).strip()
        context.budget.work(len(text) // CHARACTERS_READ_PER_UNIT)
        return str(strip_spaces_between_tags(text))


class Unavailable(Node):
    """A block of the reference product that this release cannot fill: read, but not compiled.

    It is read so that an alert can name it among what alerts forbid.
    """

    def __init__(self, tag: str, nodes: NodeList) -> None:
        """`tag` is its name."""
        self.tag = tag
        self.bodies = (Body(nodes=nodes),)

    def render(self, context: RenderState) -> str:
        """Never reached: a template with such a tag does not compile."""
        raise AssertionError(self.tag, context)


def _with(parser: TemplateParser, token: Token) -> Node:
    rest = words(token)[1:]
    names = token_kwargs(rest, parser, support_legacy=True)
    if not names or rest:
        raise TemplateSyntaxError("'with' takes assignments such as total=event.Total")
    return With(names, block(parser, "endwith"))


def _autoescape(parser: TemplateParser, token: Token) -> Node:
    match words(token)[1:]:
        case ["on" | "off" as setting]:
            return AutoEscape(is_on=setting == "on", nodes=block(parser, "endautoescape"))
        case _:
            raise TemplateSyntaxError("'autoescape' takes on or off")


def _spaceless(parser: TemplateParser, token: Token) -> Node:
    del token
    return Spaceless(block(parser, "endspaceless"))


def _comment(parser: TemplateParser, token: Token) -> Node:
    del token
    parser.skip_past("endcomment")
    return Text("")


def _verbatim(parser: TemplateParser, token: Token) -> Node:
    nodes = block(parser, "endverbatim")
    if not all(isinstance(node, Text) for node in nodes):
        raise TemplateSyntaxError(f"'{token.contents}' is written as 'verbatim' or 'verbatim name'")
    return Text("".join(node.text for node in nodes))


def _catalog(parser: TemplateParser, token: Token) -> Node:
    del token
    return Unavailable("catalog", block(parser, "endcatalog"))


TAGS: dict[str, TagCompiler] = {
    "autoescape": _autoescape,
    "catalog": _catalog,
    "comment": _comment,
    "spaceless": _spaceless,
    "verbatim": _verbatim,
    "with": _with,
}
