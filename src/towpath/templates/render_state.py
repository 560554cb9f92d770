"""The state of one rendering: names in scope, escaping, time, and what is left of the limits."""

import html
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.utils.safestring import SafeData, mark_safe

from towpath.templates.model import RenderContext
from towpath.templates.render_limits import Budget
from towpath.templates.render_values import MISSING, as_text, step

# Django's template code asks these settings; nothing else of Django is used.
if not settings.configured:
    settings.configure(USE_I18N=False, USE_TZ=True)

CONSTANTS: Mapping[str, object] = {"True": True, "False": False, "None": None}


class RenderState:
    """Passed to every node where Django passes its Context."""

    __slots__ = ("autoescape", "budget", "given", "is_html", "memory", "now", "scopes")

    def __init__(self, given: RenderContext, *, is_html: bool) -> None:
        """`is_html` says what the whole template makes; `autoescape` may change inside it."""
        assert given.now.tzinfo is not None
        self.given = given
        self.is_html = is_html
        self.autoescape = is_html
        self.budget = Budget()
        self.memory: dict[object, object] = {}
        self.now: datetime = given.now.astimezone(given.timezone)
        top = {
            **CONSTANTS,
            "person": given.person,
            "event": given.event,
            "organization": given.organization,
        }
        # Data first and never written to; names that the template makes go into the last scope.
        self.scopes: list[Mapping[str, object]] = [given.person, given.extra, top, {}]

    def find(self, path: tuple[str, ...]) -> object:
        """Look a dotted name up; `MISSING` when any step of it is not there."""
        name = path[0]
        for scope in reversed(self.scopes):
            if name in scope:
                value = scope[name]
                break
        else:
            return MISSING
        for key in path[1:]:
            value = step(value, key)
        return value

    def bind(self, name: str, value: object) -> None:
        """Give a name a value in the innermost scope (`{% ... as name %}`)."""
        scope = self.scopes[-1]
        assert isinstance(scope, dict)
        scope[name] = value

    @contextmanager
    def scope(self, names: dict[str, object]) -> Iterator[None]:
        """Open a scope with these names for the length of a block."""
        self.scopes.append(names)
        try:
            yield
        finally:
            self.scopes.pop()

    def text(self, value: object) -> str:
        """Write a value as text, unescaped."""
        return as_text(value, self.budget)

    def show(self, value: object) -> str:
        """Write a value into the output: as text, escaped where escaping is on, and paid for."""
        text = as_text(value, self.budget)
        if self.autoescape and not isinstance(text, SafeData):
            text = html.escape(text)
        self.budget.write(len(text))
        return text


def marked_safe(text: str) -> str:
    """Mark a text that needs no escaping: made here, or escaped already, or the author says so."""
    marked: str = mark_safe(text)  # noqa: S308 -- every caller is in filters and tags, reviewed there
    return marked
