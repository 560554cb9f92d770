"""From template text to a tree of nodes: Django's grammar, our allow-lists and limits.

Lexer, parser and expressions are Django's, narrowed: the tags and filters are fixed tables, names
look into plain data only, and everything that could grow without bound is refused with its place.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from django.template.base import (
    DebugLexer,
    FilterExpression,
    NodeList,
    Parser,
    TextNode,
    Token,
    TokenType,
    Variable,
    VariableNode,
)
from django.template.exceptions import TemplateSyntaxError
from django.utils.text import get_text_list

from towpath.templates import filters
from towpath.templates.model import TemplateSyntax
from towpath.templates.render_limits import (
    BLOCK_NESTING_MAX,
    FILTERS_MAX,
    INTEGER_BITS_MAX,
    LOOKUPS_MAX,
    MESSAGE_CHARACTERS_MAX,
    SOURCE_CHARACTERS_MAX,
    TAG_CHARACTERS_MAX,
    TAG_WORDS_MAX,
    TAGS_MAX,
)
from towpath.templates.render_nodes import Node, Text, Value
from towpath.templates.render_state import RenderState
from towpath.templates.render_values import MISSING

CLOSINGS = {"{%": "%}", "{{": "}}", "{#": "#}"}
WIDE_GAP = re.compile(r"\s{100}")
NamedFilter = tuple[str, filters.Filter]
TagCompiler = Callable[["TemplateParser", Token], Node]


def parse(source: str, tags: Mapping[str, TagCompiler]) -> NodeList:
    """Read a template. Raises `TemplateSyntax` with line and column of the tag at fault."""
    if len(source) > SOURCE_CHARACTERS_MAX:
        raise TemplateSyntax(
            f"The template has {len(source):,} characters; the most is {SOURCE_CHARACTERS_MAX:,}",
            line=1,
            column=1,
        )
    try:
        tokens = _Lexer(source).tokenize()
        _refuse_oversized(tokens)
        return TemplateParser(tokens, tags).parse()
    except TemplateSyntaxError as problem:
        start, _ = problem.token.position
        raise located(str(problem), source, start) from None
    except RecursionError:
        raise TemplateSyntax("The template is nested too deeply", line=1, column=1) from None


def located(message: str, source: str, start: int) -> TemplateSyntax:
    """Make the error that says at which line and column of the source the tag begins."""
    if len(message) > MESSAGE_CHARACTERS_MAX:
        message = message[:MESSAGE_CHARACTERS_MAX] + "…"
    return TemplateSyntax(
        message,
        line=source.count("\n", 0, start) + 1,
        column=start - source.rfind("\n", 0, start),
    )


class _Lexer(DebugLexer):  # type: ignore[misc]  # Django ships no types
    """Django's lexer with the same tokens, found in linear time.

    Django's pattern looks for the end of every `{{` anew: a line of a million braces takes hours.
    """

    def _tag_re_split_positions(self) -> Iterator[tuple[int, int]]:
        last = 0
        for start, end in tag_spans(self.template_string):
            yield last, start
            yield start, end
            last = end
        yield last, len(self.template_string)


def tag_spans(source: str) -> Iterator[tuple[int, int]]:
    """Give start and end of every tag, as Django's `tag_re` finds them."""
    position = line_end = 0
    none_before = dict.fromkeys(CLOSINGS.values(), 0)
    while (start := source.find("{", position)) >= 0:
        position = start + 1
        closing = CLOSINGS.get(source[start : start + 2])
        if closing is None or start < none_before[closing]:
            continue
        if start >= line_end:
            line_end = source.find("\n", start)
            line_end = len(source) if line_end < 0 else line_end
        end = source.find(closing, start + 2, line_end)
        if end < 0:
            none_before[closing] = line_end
        else:
            position = end + 2
            yield start, position


def _refuse_oversized(tokens: list[Token]) -> None:
    tags = 0
    for token in tokens:
        if token.token_type not in (TokenType.VAR, TokenType.BLOCK):
            continue
        tags += 1
        if tags > TAGS_MAX:
            raise fault(token, f"The template has more than {TAGS_MAX:,} tags")
        if len(token.contents) > TAG_CHARACTERS_MAX:
            raise fault(token, f"A tag has at most {TAG_CHARACTERS_MAX:,} characters")
        if len(token.contents.split()) > TAG_WORDS_MAX:
            raise fault(token, f"A tag has at most {TAG_WORDS_MAX} words")
        if WIDE_GAP.search(token.contents):
            raise fault(token, "A tag has fewer than 100 spaces in a row")


def fault(token: Token, message: str) -> TemplateSyntaxError:
    """Make a syntax error at a token."""
    problem = TemplateSyntaxError(message)
    problem.token = token
    return problem


class TemplateParser(Parser):  # type: ignore[misc]  # Django ships no types
    """Django's parser with fixed tables of tags and filters and a limit on nesting."""

    def __init__(self, tokens: list[Token], tags: Mapping[str, TagCompiler]) -> None:
        """Only `tags` and the allow-listed filters exist."""
        super().__init__(tokens)
        self.tags = tags
        self.named_cycles: dict[str, Node] = {}
        self._depth = 0

    def parse(self, parse_until: tuple[str, ...] | None = None) -> NodeList:
        """Read nodes up to one of these tags, or to the end."""
        if self._depth > BLOCK_NESTING_MAX:
            raise TemplateSyntaxError(f"Blocks are nested more than {BLOCK_NESTING_MAX} deep")
        self._depth += 1
        try:
            return super().parse(parse_until)
        finally:
            self._depth -= 1

    def extend_nodelist(self, nodelist: NodeList, node: Node, token: Token) -> None:
        """Put our own nodes where Django makes its own for text and variables."""
        if isinstance(node, TextNode):
            node = Text(node.s)
        elif isinstance(node, VariableNode):
            node = Value(node.filter_expression)
        node.token = token
        nodelist.append(node)

    def compile_filter(self, token: str) -> "Expression":
        """Read a name or constant with its filters."""
        return Expression(token, self)

    def find_filter(self, filter_name: str) -> NamedFilter:
        """Give a filter of the allow-list, with the name it was called by."""
        if filter_name not in filters.FILTERS:
            raise TemplateSyntaxError(f"There is no filter '{filter_name}'")
        return filter_name, filters.FILTERS[filter_name]

    def invalid_block_tag(
        self, token: Token, command: str, parse_until: tuple[str, ...] | None = None
    ) -> NoReturn:
        """Say which tag is unknown, and what was expected where a block is open."""
        expected = get_text_list([f"'{tag}'" for tag in parse_until or ()], "or")
        hint = f"; expected {expected}" if expected else ""
        raise self.error(token, f"There is no tag '{command}'{hint}")

    def unclosed_block_tag(self, parse_until: tuple[str, ...]) -> NoReturn:
        """Say which block was never closed, at the tag that opened it."""
        command, token = self.command_stack.pop()
        raise self.error(token, f"The block '{command}' is not closed with '{parse_until[-1]}'")


class Expression(FilterExpression):  # type: ignore[misc]  # Django ships no types
    """A name or constant and its filters, evaluated on plain data."""

    __slots__ = ("calls", "start")

    # Operands are names (a tuple of steps) or constants (a text or number).
    start: object
    calls: list[tuple[str, filters.Filter, tuple[object, ...]]]

    def __init__(self, token: str, parser: TemplateParser) -> None:
        """Read by Django; then refuse what is too long and what Django would translate."""
        super().__init__(token, parser)
        if len(self.filters) > FILTERS_MAX:
            raise TemplateSyntaxError(f"An expression has at most {FILTERS_MAX} filters")
        if self.var is None:
            raise TemplateSyntaxError(f"Could not read '{token}'")
        self.start = _operand(self.var)
        self.calls = [
            (name, filter_, tuple(_operand(value) for _, value in arguments))
            for (name, filter_), arguments in self.filters
        ]

    @staticmethod
    def args_check(name: str, func: NamedFilter, provided: list[Any]) -> bool:
        """Check the number of arguments, and one that is written out for what it asks for."""
        _, filter_ = func
        if provided and filter_.argument is filters.Argument.NONE:
            raise TemplateSyntaxError(f"The filter '{name}' takes no argument")
        if not provided and filter_.argument is filters.Argument.REQUIRED:
            raise TemplateSyntaxError(f"The filter '{name}' needs an argument right after a colon")
        if provided and filter_.problem:
            value = _operand(provided[0][1])
            problem = None if isinstance(value, tuple) else filter_.problem(value)
            if problem:
                raise TemplateSyntaxError(f"The filter '{name}' {problem}")
        return True

    def resolve(self, state: RenderState, ignore_failures: bool = False) -> object:  # noqa: FBT001, FBT002 -- Django's signature
        """Evaluate. A missing name is `MISSING`, or an empty text once a filter saw it."""
        del ignore_failures
        start = self.start
        value = state.find(start) if type(start) is tuple else start
        for name, filter_, operands in self.calls:
            arguments = tuple(
                _given(state.find(operand)) if type(operand) is tuple else operand
                for operand in operands
            )
            value = filters.apply(
                filter_, state=state, name=name, value=_given(value), arguments=arguments
            )
        return value

    def constant(self) -> object:
        """Give the value of a bare constant; None for anything that depends on the data."""
        return None if self.calls or isinstance(self.start, tuple) else self.start

    def paths(self) -> Iterator[tuple[str, ...]]:
        """Give every name used, with the keys of `lookup` as further steps."""
        if isinstance(self.start, tuple):
            steps: list[str] = list(self.start)
            for name, _, operands in self.calls:
                if name != "lookup" or not isinstance(operands[0], str | int):
                    break
                steps.append(str(operands[0]))
            yield tuple(steps)
        for _, _, operands in self.calls:
            for operand in operands:
                if isinstance(operand, tuple):
                    yield operand


def _given(value: object) -> object:
    return "" if value is MISSING else value


def _operand(value: Any) -> object:
    """Turn what Django read into a path or a constant."""
    if not isinstance(value, Variable):
        if not isinstance(value, str):
            raise TemplateSyntaxError("Texts cannot be translated with _( ) here")
        return value
    if value.lookups is None:
        number: int | float = value.literal
        if isinstance(number, int) and number.bit_length() > INTEGER_BITS_MAX:
            raise TemplateSyntaxError("The number has too many digits")
        if isinstance(number, float) and not abs(number) < float("inf"):
            raise TemplateSyntaxError("The number is too large")
        return number
    if len(value.lookups) > LOOKUPS_MAX:
        raise TemplateSyntaxError(f"A name has at most {LOOKUPS_MAX} steps")
    if "" in value.lookups:
        raise TemplateSyntaxError(f"The name '{value.var}' has an empty step")
    return tuple(value.lookups)
