"""`{% for %}` and `{% cycle %}`."""

from collections.abc import Sequence

from django.template.base import NodeList, Token
from django.template.exceptions import TemplateSyntaxError

from towpath.templates.render_nodes import Body, Evaluates, Node, weight
from towpath.templates.render_parser import Expression, TagCompiler, TemplateParser
from towpath.templates.render_state import RenderState
from towpath.templates.render_values import MISSING
from towpath.templates.tags.blocks import words


class For(Node):
    """`{% for item in event.Items %}...{% empty %}...{% endfor %}`."""

    def __init__(
        self,
        names: list[str],
        sequence: Expression,
        *,
        is_reversed: bool,
        nodes: NodeList,
        empty: NodeList,
    ) -> None:
        """Several `names` take the parts of each item, or the keys and values of a mapping."""
        self.names = names
        self.sequence = sequence
        self.is_reversed = is_reversed
        self.nodes = nodes
        self.empty = empty
        self.expressions = (sequence,)
        self.bodies = (
            Body(nodes=nodes, names=frozenset([*names, "forloop"])),
            Body(nodes=empty),
        )
        self.turn_work = weight(nodes)

    @property
    def work(self) -> int:
        """Leave the body out: each turn pays for itself."""
        return 2 + weight(self.empty)

    def render(self, context: RenderState) -> str:
        """Render the body for each item, or `empty` when there is none."""
        items = self._items(context)
        if not items:
            return str(self.empty.render(context))
        outer = context.find(("forloop",))
        loop: dict[str, object] = {"parentloop": {} if outer is MISSING else outer}
        names: dict[str, object] = {"forloop": loop}
        pieces: list[str] = []
        with context.scope(names):
            for index, item in enumerate(reversed(items) if self.is_reversed else items):
                context.budget.iterate(self.turn_work)
                loop["counter0"] = index
                loop["counter"] = index + 1
                loop["revcounter"] = len(items) - index
                loop["revcounter0"] = len(items) - index - 1
                loop["first"] = index == 0
                loop["last"] = index == len(items) - 1
                self._name(names, item)
                pieces += [node.render_annotated(context) for node in self.nodes]
        return "".join(pieces)

    def _items(self, context: RenderState) -> Sequence[object]:
        value = self.sequence.resolve(context)
        path = self.sequence.start
        if value is MISSING and isinstance(path, tuple) and path[-1] == "items":
            # Django's `{% for key, value in event.extra.items %}` over a mapping.
            value = context.find(path[:-1]) if len(path) > 1 else MISSING
            if not isinstance(value, dict):
                return ()
        if isinstance(value, dict):
            return list(value.items()) if len(self.names) > 1 else list(value)
        return value if isinstance(value, str | list | tuple) else ()

    def _name(self, names: dict[str, object], item: object) -> None:
        if len(self.names) == 1:
            names[self.names[0]] = item
            return
        parts = item if isinstance(item, list | tuple) else (item,)
        for position, name in enumerate(self.names):
            names[name] = parts[position] if position < len(parts) else None


class Cycle(Node):
    """`{% cycle 'odd' 'even' as row silent %}`, and `{% cycle row %}` for its next value."""

    def __init__(self, values: list[Evaluates], name: str | None, *, is_silent: bool) -> None:
        """`name` also holds the current value."""
        self.values = values
        self.binds = name
        self.is_silent = is_silent
        self.expressions = tuple(values)

    def render(self, context: RenderState) -> str:
        """Move to the next value."""
        turn = context.memory.get(self, 0)
        assert isinstance(turn, int)
        context.memory[self] = turn + 1
        value = self.values[turn % len(self.values)].resolve(context)
        if self.binds is not None:
            context.bind(self.binds, value)
        return "" if self.is_silent or value is MISSING else context.show(value)


def _for(parser: TemplateParser, token: Token) -> Node:
    parts = words(token)[1:]
    is_reversed = len(parts) > 3 and parts[-1] == "reversed"
    if is_reversed:
        parts.pop()
    if len(parts) < 3 or parts[-2] != "in":
        raise TemplateSyntaxError("'for' is written as 'for item in list'")
    names = [name.strip() for name in " ".join(parts[:-2]).split(",")]
    for name in names:
        if not name.isidentifier() or name.startswith("_"):
            raise TemplateSyntaxError(f"'{name}' cannot be the name of a loop variable")
    sequence = parser.compile_filter(parts[-1])
    nodes = parser.parse(("empty", "endfor"))
    empty = NodeList()
    if words(parser.next_token())[0] == "empty":
        empty = parser.parse(("endfor",))
        parser.delete_first_token()
    return For(names, sequence, is_reversed=is_reversed, nodes=nodes, empty=empty)


def _cycle(parser: TemplateParser, token: Token) -> Node:
    parts = words(token)[1:]
    if len(parts) == 1:
        if parts[0] not in parser.named_cycles:
            raise TemplateSyntaxError(f"There is no cycle named '{parts[0]}'")
        return parser.named_cycles[parts[0]]
    is_silent = len(parts) > 3 and parts[-1] == "silent" and parts[-3] == "as"
    if is_silent:
        parts.pop()
    name = None
    if len(parts) > 2 and parts[-2] == "as":
        name = parts[-1]
        parts = parts[:-2]
    if not parts:
        raise TemplateSyntaxError("'cycle' needs values")
    node = Cycle([parser.compile_filter(part) for part in parts], name, is_silent=is_silent)
    if name is not None:
        parser.named_cycles[name] = node
    return node


TAGS: dict[str, TagCompiler] = {"cycle": _cycle, "for": _for}
