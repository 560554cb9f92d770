"""A letter to one person with one button: the form of confirmations; and safe header lines."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

LINE_CHARACTERS_MAX: Final = 500

# Whatever could end or split a header line: controls, line and paragraph separators.
_CONTROLS: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")


def header_line(text: str) -> str:
    """Return text as one line that can stand in a mail header."""
    return _CONTROLS.sub(" ", text).strip()[:LINE_CHARACTERS_MAX]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The sentences of a letter in one language.

    `url` is where the button leads; the last of `after` announces it where it is written out, and
    is left out of the text part, which has no button.
    """

    heading: str
    before: tuple[str, ...]
    button: str
    after: tuple[str, ...]
    url: str

    def html(self, subject: str, language: str) -> str:
        """Return the HTML part."""
        return _template().render(
            language=language,
            subject=subject,
            heading=self.heading,
            before=self.before,
            button=self.button,
            after=self.after,
            url=self.url,
        )

    def text(self) -> str:
        """Return the text part."""
        paragraphs = (self.heading, *self.before, f"{self.button}:\n{self.url}", *self.after[:-1])
        return "\n\n".join(paragraphs) + "\n"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("towpath.messaging", "mails"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
    )
    return environment.get_template("letter.html")
