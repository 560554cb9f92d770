"""The forms of a mail's text: HTML from plain text, and the reverse."""

import html
import re
from typing import Final

import nh3

MARKUP_CHARACTERS_MAX: Final = 100_000
"""Of an HTML mail that becomes text; the parser takes 0.1 s for so many of the worst kind (`&`)."""

_PARAGRAPHS: Final = (
    "p",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "table",
    "hr",
    "section",
    "blockquote",
)
_LINES: Final = ("br", "li", "tr")
_PARAGRAPH: Final = re.compile(rf"</?(?:{'|'.join(_PARAGRAPHS)})>")
_LINE: Final = re.compile(r"<br>|</(?:li|tr)>")
_CELL: Final = re.compile(r"<t[dh]>")
_LINK: Final = re.compile(r'<a href="(?P<url>[^"]*)">(?P<words>[^<]*)</a>')
_TAG: Final = re.compile(r"<[^>]*>")
_BLANKS: Final = re.compile(r"\s+")
_BLANK_LINES: Final = re.compile(r"\n{3,}")


def html_from_text(text: str) -> str:
    """Return plain text as an HTML body, with its line breaks and nothing active."""
    return "<div>" + html.escape(text).replace("\n", "<br>\n") + "</div>"


def text_from_html(markup: str) -> str:
    """Return what a reader sees of an HTML mail, links written out; cut where it is very long.

    The markup goes through an HTML5 parser first: what the patterns see is well formed, and each
    of them passes over it once.
    """
    clean = nh3.clean(
        markup[:MARKUP_CHARACTERS_MAX],
        tags={*_PARAGRAPHS, *_LINES, "td", "th", "a"},
        clean_content_tags={"script", "style", "title"},
        attributes={"a": {"href"}},
        link_rel=None,
    )
    clean = _BLANKS.sub(" ", _CELL.sub(" ", clean))
    clean = _LINK.sub(_written_out, clean)
    clean = _LINE.sub("\n", clean)
    clean = _PARAGRAPH.sub("\n\n", clean)
    text = html.unescape(_TAG.sub("", clean))
    lines = [line.strip() for line in text.split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _written_out(link: re.Match[str]) -> str:
    url, words = link["url"], link["words"].strip()
    return url if words in {"", url} else f"{words} ({url})"
