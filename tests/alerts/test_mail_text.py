"""Header lines, and the two parts of a mail made from one another."""

import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.alerts.mail_text import html_from_text, text_from_html
from towpath.messaging import header_line


@given(st.text())
def test_a_header_line_is_one_printable_line(text: str) -> None:
    line = header_line(text)

    assert len(line.splitlines()) <= 1
    assert not any(character < " " or "\x7f" <= character <= "\x9f" for character in line)
    assert len(line) <= 500


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_text_comes_back_from_its_html(text: str) -> None:
    shown = text_from_html(html_from_text(text))

    assert shown.split() == text.split()


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ("<ul><li>One</li><li>Two</li></ul>", "One\nTwo"),
        ("<p>a <b>bold</b>  word\n here</p>", "a bold word here"),
        ("<table><tr><td>One</td><td>1</td></tr></table>", "One 1"),
        ('<a href="https://x.example/?a=1&amp;b=2">Look</a>', "Look (https://x.example/?a=1&b=2)"),
        ('<a href="https://x.example/">https://x.example/</a>', "https://x.example/"),
        ('<a href="javascript:alert(1)">Look</a>', "Look"),
        ("<title>t</title><style>p{}</style><script>x()</script>Hi", "Hi"),
        ("<p>5 &lt; 6 &amp; 7</p>", "5 < 6 & 7"),
        (
            "<p>un<p>closed <a href='https://x.example/'>link",
            "un\n\nclosed link (https://x.example/)",
        ),
        ("<p>" + "x" * 200_000, "x" * 99_997),
        ("<!-- hidden --><p>shown", "shown"),
    ],
)
def test_html_reads_as_text(markup: str, text: str) -> None:
    assert text_from_html(markup) == text


@pytest.mark.parametrize(
    "piece",
    [
        "<br>",
        "<p>",
        "<",
        "<a href='",
        "<!",
        "<![CDATA[",
        "&",
        "&amp;",
        "</td>",
        " ",
        "<td>\n",
        "&#",
    ],
)
def test_no_markup_takes_long(piece: str) -> None:
    """Backtracking over a megabyte would take minutes."""
    started = time.process_time()
    text_from_html(piece * (1_000_000 // len(piece)))

    assert time.process_time() - started < 5


def test_html_from_text_is_inert() -> None:
    assert html_from_text("<b>&\n'\"") == f"<div>{html.escape('<b>&')}<br>\n&#x27;&quot;</div>"
