"""Compile a template once, render it for many people."""

import re
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from django.template.base import NodeList

from towpath.templates.model import RenderContext, TemplateRenderError
from towpath.templates.render_limits import (
    OUTPUT_BYTES_MAX,
    SUBJECT_CHARACTERS_MAX,
    output_too_large,
)
from towpath.templates.render_nodes import walk
from towpath.templates.render_parser import located, parse
from towpath.templates.render_state import RenderState
from towpath.templates.tags import TAGS
from towpath.templates.tags.blocks import Unavailable

CACHED_TEMPLATES_MAX = 256
CACHED_BYTES_MAX = 64 * 1024 * 1024
BYTES_PER_PART = 1_500  # measured: a node with its token, or an expression, rounded up

# C0 and C1 controls, line and paragraph separators: what could end or split a header line.
CONTROLS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A template ready to render."""

    nodes: NodeList
    autoescape: bool

    def render(self, context: RenderContext) -> str:
        """Give the text for this data.

        Raises `TemplateRenderError` when a limit is reached or a link tag has nothing to print;
        nothing else, whatever the data.
        """
        state = RenderState(context, is_html=self.autoescape)
        try:
            text = "".join([node.render_annotated(state) for node in self.nodes])
        except RecursionError:
            raise TemplateRenderError("The template or its data is nested too deeply.") from None
        encoded = text.encode("utf-8", "replace")
        if len(encoded) > OUTPUT_BYTES_MAX:
            raise output_too_large()
        return encoded.decode()


class _Cache:
    """The templates read last, bounded by their number and by the memory they take."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[NodeList, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, source: str) -> NodeList | None:
        with self._lock:
            found = self._kept.get(source)
            if found is None:
                return None
            self._kept.move_to_end(source)
            return found[0]

    def put(self, source: str, nodes: NodeList) -> None:
        parts = sum(1 + len(node.expressions) for node, _ in walk(nodes))
        size = 4 * len(source) + BYTES_PER_PART * parts
        with self._lock:
            if source in self._kept:
                return
            self._kept[source] = (nodes, size)
            self._bytes += size
            while len(self._kept) > CACHED_TEMPLATES_MAX or self._bytes > CACHED_BYTES_MAX:
                _, (_, freed) = self._kept.popitem(last=False)
                self._bytes -= freed


_cache = _Cache()


def compile(source: str, *, autoescape: bool) -> Compiled:  # noqa: A001 -- read as templates.compile
    """Compile a template: with escaping for HTML, without for plain text and subjects.

    Raises `TemplateSyntax`. A template compiled before is taken from memory.
    """
    nodes = _cache.get(source)
    if nodes is None:
        nodes = _read(source)
        _cache.put(source, nodes)
    return Compiled(nodes=nodes, autoescape=autoescape)


def _read(source: str) -> NodeList:
    nodes = parse(source, TAGS)
    for node, _ in walk(nodes):
        if isinstance(node, Unavailable):
            raise located(
                f"'{node.tag}' needs a product catalog, which this installation does not have",
                source,
                node.token.position[0],
            )
    return nodes


def render_subject(source: str, context: RenderContext) -> str:
    """Render a line that is safe in a mail header: one line, no control characters, no escaping.

    Cut at `SUBJECT_CHARACTERS_MAX`. Raises `TemplateSyntax` and `TemplateRenderError`.
    """
    line = compile(source, autoescape=False).render(context)
    return CONTROLS.sub(" ", line).strip()[:SUBJECT_CHARACTERS_MAX]
