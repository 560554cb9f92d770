"""What a template is rendered with, and what can be wrong with one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import ClassVar

from towpath.kit.errors import Invalid


class TemplateSyntax(Invalid):
    """The template cannot be read; correct it at the line and column named."""

    code = "template_syntax"
    title: ClassVar[str] = "Template syntax error."

    def __init__(self, message: str, *, line: int, column: int) -> None:
        """`line` and `column` count from 1 and say where the faulty tag begins."""
        super().__init__(
            f"{message} (line {line}, column {column})", meta={"line": line, "column": column}
        )
        self.message = message
        self.line = line
        self.column = column


class TemplateRenderError(Invalid):
    """The template cannot be rendered with this data."""

    code = "template_render"
    title: ClassVar[str] = "Template cannot be rendered."


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderContext:
    """The data one message is rendered with. Plain data only: what JSON can hold.

    `person` holds the profile's fields and properties side by side; each is also a name of its
    own (`{{ first_name }}`). `event` is None outside a flow started by a metric. `now` is aware;
    `timezone` is the account's. `links` holds what the link tags print, by the keys of
    `tags.links`; `extra` holds further names.
    """

    person: Mapping[str, object]
    event: Mapping[str, object] | None
    organization: Mapping[str, object]
    now: datetime
    timezone: tzinfo
    links: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenTag:
    """A tag or variable that an alert must not use, and the line it is on (alerts.md, Editing)."""

    name: str
    line: int
