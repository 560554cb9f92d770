"""The tags a template may use: an allow-list."""

from collections.abc import Mapping

from towpath.templates.render_parser import TagCompiler
from towpath.templates.tags import blocks, conditions, loops, values

TAGS: Mapping[str, TagCompiler] = {
    **blocks.TAGS,
    **conditions.TAGS,
    **loops.TAGS,
    **values.TAGS,
}

__all__ = ["TAGS"]
