"""`{% if %}` with its operators on plain data, and `{% ifchanged %}`."""

from collections.abc import Callable, Iterator

from django.template.base import NodeList, Token
from django.template.exceptions import TemplateSyntaxError
from django.template.smartif import IfParser, TokenBase

from towpath.templates.render_limits import CHARACTERS_READ_PER_UNIT, ITEMS_READ_PER_UNIT
from towpath.templates.render_nodes import Body, Evaluates, Node
from towpath.templates.render_parser import TagCompiler, TemplateParser
from towpath.templates.render_state import RenderState
from towpath.templates.render_values import MISSING, is_same, weigh
from towpath.templates.tags.blocks import words

Judge = Callable[[RenderState, object, object], bool]


class Condition(TokenBase):  # type: ignore[misc]  # Django ships no types
    """A part of a condition: an operand, or an operator with its operands."""

    def eval(self, state: RenderState) -> object:
        """Give the value of this part."""
        raise AssertionError(self, state)

    def operands(self) -> Iterator[Evaluates]:
        """Give the expressions inside."""
        for part in (self.first, self.second):
            if part is not None:
                yield from part.operands()


class Operand(Condition):
    """A name or constant with filters."""

    id = "literal"
    lbp = 0

    def __init__(self, expression: Evaluates, text: str) -> None:
        """`text` is how the template writes it."""
        self.expression = expression
        self.text = text

    def display(self) -> str:
        """Name it in an error message."""
        return self.text

    def nud(self, parser: IfParser) -> Condition:
        """Stand alone."""
        del parser
        return self

    def eval(self, state: RenderState) -> object:
        """Give the value; a missing name is None."""
        value = self.expression.resolve(state)
        return None if value is MISSING else value

    def operands(self) -> Iterator[Evaluates]:
        """Give the one expression."""
        yield self.expression


class Infix(Condition):
    """An operator between two operands."""

    def __init__(self, name: str, lbp: int) -> None:
        """`lbp` is how tightly it binds."""
        self.id = name
        self.lbp = lbp

    def led(self, left: Condition, parser: IfParser) -> Condition:
        """Stand between."""
        self.first = left
        self.second = parser.expression(self.lbp)
        return self


class Comparison(Infix):
    """An operator whose operands are both evaluated."""

    def __init__(self, name: str, lbp: int, judge: Judge) -> None:
        """`judge` compares two values."""
        super().__init__(name, lbp)
        self.judge = judge

    def eval(self, state: RenderState) -> object:
        """Compare; what cannot be compared is false."""
        left, right = self.first.eval(state), self.second.eval(state)
        try:
            return self.judge(state, left, right)
        except TypeError:
            return False


class Connective(Infix):
    """`and`, `or`: the second operand is evaluated only when needed."""

    def eval(self, state: RenderState) -> object:
        """Give the operand that decided, as Python does."""
        first = self.first.eval(state)
        return first if bool(first) == (self.id == "or") else self.second.eval(state)


class Not(Condition):
    """`not`."""

    id = "not"
    lbp = 8

    def nud(self, parser: IfParser) -> Condition:
        """Stand before its operand."""
        self.first = parser.expression(self.lbp)
        self.second = None
        return self

    def eval(self, state: RenderState) -> object:
        """Negate."""
        return not self.first.eval(state)


def _same(state: RenderState, left: object, right: object) -> bool:
    return is_same(left, right, state.budget)


def _identical(state: RenderState, left: object, right: object) -> bool:
    # `is` is written for True, False and None; texts and numbers compare by value.
    return type(left) is type(right) and is_same(left, right, state.budget)


def _contains(state: RenderState, needle: object, haystack: object) -> bool:
    if isinstance(haystack, str):
        state.budget.work(len(haystack) // CHARACTERS_READ_PER_UNIT)
        return isinstance(needle, str) and needle in haystack
    if isinstance(needle, list | tuple | dict):
        weigh(needle, state.budget)
        weigh(haystack, state.budget)
    if isinstance(haystack, list | tuple):
        per_item = 1 + (len(needle) // CHARACTERS_READ_PER_UNIT if isinstance(needle, str) else 0)
        state.budget.work(len(haystack) * per_item // ITEMS_READ_PER_UNIT)
        return needle in haystack
    return isinstance(haystack, dict) and needle in haystack


def _can_order(state: RenderState, left: object, right: object) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        state.budget.work(min(len(left), len(right)) // CHARACTERS_READ_PER_UNIT)
        return True
    return not isinstance(left, str | list | tuple | dict)


def _less(state: RenderState, left: object, right: object) -> bool:
    return _can_order(state, left, right) and left < right  # type: ignore[operator]  # TypeError is false


def _less_or_same(state: RenderState, left: object, right: object) -> bool:
    return _can_order(state, left, right) and left <= right  # type: ignore[operator]  # TypeError is false


def _swapped(judge: Judge) -> Judge:
    return lambda state, left, right: judge(state, right, left)


def _negated(judge: Judge) -> Judge:
    return lambda state, left, right: not judge(state, left, right)


COMPARISONS: dict[str, tuple[int, Judge]] = {
    "in": (9, _contains),
    "not in": (9, _negated(_contains)),
    "is": (10, _identical),
    "is not": (10, _negated(_identical)),
    "==": (10, _same),
    "!=": (10, _negated(_same)),
    "<": (10, _less),
    "<=": (10, _less_or_same),
    ">": (10, _swapped(_less)),
    ">=": (10, _swapped(_less_or_same)),
}
CONNECTIVES = {"or": 6, "and": 7}


class _ConditionParser(IfParser):  # type: ignore[misc]  # Django ships no types
    """Django's parser of conditions with our operators."""

    error_class = TemplateSyntaxError

    def __init__(self, parser: TemplateParser, parts: list[str]) -> None:
        """`parts` are the words after `if`."""
        self.parser = parser
        super().__init__(parts)

    def translate_token(self, word: str) -> Condition:
        """Turn a word into an operator or operand."""
        if word in CONNECTIVES:
            return Connective(word, CONNECTIVES[word])
        if word == "not":
            return Not()
        if word in COMPARISONS:
            return Comparison(word, *COMPARISONS[word])
        return Operand(self.parser.compile_filter(word), word)


class If(Node):
    """`{% if %}...{% elif %}...{% else %}...{% endif %}`."""

    def __init__(self, branches: list[tuple[Condition | None, NodeList]]) -> None:
        """Take the branches in order; the one without a condition is `else`."""
        self.branches = branches
        self.bodies = tuple(Body(nodes=nodes) for _, nodes in branches)
        self.expressions = tuple(
            operand for condition, _ in branches if condition for operand in condition.operands()
        )

    def render(self, context: RenderState) -> str:
        """Render the first branch whose condition holds."""
        for condition, nodes in self.branches:
            if condition is None or condition.eval(context):
                return str(nodes.render(context))
        return ""


class IfChanged(Node):
    """`{% ifchanged value %}...{% else %}...{% endifchanged %}` inside a loop."""

    def __init__(
        self, watched: tuple[Evaluates, ...], changed: NodeList, same: NodeList | None
    ) -> None:
        """Without `watched` the rendered block itself is compared."""
        self.expressions = watched
        self.changed = changed
        self.same = same
        self.bodies = tuple(Body(nodes=nodes) for nodes in (changed, same) if nodes is not None)

    def render(self, context: RenderState) -> str:
        """Render the block when it differs from the turn before of the same loop."""
        loop = context.find(("forloop",))
        rendered = None if self.expressions else str(self.changed.render(context))
        now: object = rendered
        if self.expressions:
            now = [watched.resolve(context) for watched in self.expressions]
        before = context.memory.get(self)
        context.memory[self] = (loop, now)
        if (
            isinstance(before, tuple)
            and before[0] is loop
            and is_same(before[1], now, context.budget)
        ):
            return "" if self.same is None else str(self.same.render(context))
        return str(self.changed.render(context)) if rendered is None else rendered


def _if(parser: TemplateParser, token: Token) -> Node:
    branches: list[tuple[Condition | None, NodeList]] = []
    opening = token
    while True:
        command, *rest = words(token)
        if command == "endif" and not rest:
            return If(branches)
        if branches and branches[-1][0] is None:
            raise TemplateSyntaxError(f"'{token.contents}' after 'else'")
        if command == "else" and not rest:
            condition = None
        elif token is opening or command == "elif":
            condition = _ConditionParser(parser, rest).parse()
        else:
            raise TemplateSyntaxError(f"'{token.contents}' takes nothing after '{command}'")
        branches.append((condition, parser.parse(("elif", "else", "endif"))))
        token = parser.next_token()


def _ifchanged(parser: TemplateParser, token: Token) -> Node:
    watched = tuple(parser.compile_filter(word) for word in words(token)[1:])
    changed = parser.parse(("else", "endifchanged"))
    same = None
    if words(parser.next_token())[0] == "else":
        same = parser.parse(("endifchanged",))
        parser.delete_first_token()
    return IfChanged(watched, changed, same)


TAGS: dict[str, TagCompiler] = {"if": _if, "ifchanged": _ifchanged}
