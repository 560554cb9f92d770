"""The nodes a template is made of. Each bounds its own work; tags with a syntax are in `tags`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from django.template.base import Node as DjangoNode
from django.template.base import NodeList, Token

from towpath.templates.render_state import RenderState
from towpath.templates.render_values import MISSING


class Evaluates(Protocol):
    """An expression, as nodes see it."""

    def resolve(self, state: RenderState) -> object:
        """Give the value; `MISSING` when the name is not there."""

    def paths(self) -> Iterator[tuple[str, ...]]:
        """Give the names used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Nodes inside a block, and the names that exist only there."""

    nodes: NodeList
    names: frozenset[str] = frozenset()


class Node(DjangoNode):  # type: ignore[misc]  # Django ships no types
    """A node that says what it evaluates and contains, so that templates can be inspected."""

    token: Token
    expressions: tuple[Evaluates, ...] = ()
    bodies: tuple[Body, ...] = ()
    binds: str | None = None  # the name after `as`
    tag: str | None = None  # the tag's name, of tags that are data of their own

    def render_annotated(self, context: RenderState) -> str:
        """Render; our errors carry their own words, so nothing is annotated."""
        return str(self.render(context))

    @property
    def work(self) -> int:
        """What rendering this node once costs, without the turns of loops inside it."""
        inside = sum(weight(body.nodes) for body in self.bodies)
        return 1 + len(self.expressions) + inside


class Text(Node):
    """Text outside of tags."""

    def __init__(self, text: str) -> None:
        """`text` is the template's own and is never escaped."""
        self.text = text

    def render(self, context: RenderState) -> str:
        """Write the text."""
        context.budget.write(len(self.text))
        return self.text

    render_annotated = render


class Value(Node):
    """`{{ ... }}`."""

    def __init__(self, expression: Evaluates) -> None:
        """`expression` is what stands between the braces."""
        self.expression = expression
        self.expressions = (expression,)

    def render(self, context: RenderState) -> str:
        """Write the value, escaped where escaping is on; nothing for a missing one."""
        value = self.expression.resolve(context)
        return "" if value is MISSING else context.show(value)

    render_annotated = render


def weight(nodes: NodeList) -> int:
    """Give the work of rendering these nodes once."""
    return sum(node.work for node in nodes)


def walk(
    nodes: NodeList, bound: frozenset[str] = frozenset()
) -> Iterator[tuple[Node, frozenset[str]]]:
    """Give every node with the names that the template itself has bound where the node stands."""
    for node in nodes:
        yield node, bound
        for body in node.bodies:
            yield from walk(body.nodes, bound | body.names)
        if node.binds is not None:
            bound |= {node.binds}
