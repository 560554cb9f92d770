"""The end of every alert: where to look further, and how to get no more of them."""

import html
import re
from dataclasses import dataclass
from typing import Final

from towpath.kit.texts import Texts

_BODY_END: Final = re.compile(r"</body\s*>", re.IGNORECASE)
_STYLE: Final = "color:#55636c;font-size:13px;line-height:20px"


@dataclass(frozen=True, slots=True, kw_only=True)
class FooterWords:
    """The sentences of the footer for one account, made once for a batch."""

    profile: str
    because: str
    stop: str

    @classmethod
    def of(cls, said: Texts, *, account: str) -> "FooterWords":
        """Take the sentences in the language of the account."""
        return cls(
            profile=said.gettext("Open the profile"),
            because=said.gettext(
                "You get this email because you confirmed that you want alerts from %(account)s.",
                account=account,
            ),
            stop=said.gettext("Stop all alerts from %(account)s", account=account),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FootedMail:
    """An alert's content with its footer.

    `kept_html` and `kept_text` are the stored copy; `html_for` and `text_for` insert the opt-out
    link, which belongs to one recipient and is a secret of theirs.
    """

    kept_html: str
    kept_text: str
    _html: tuple[str, str]
    _text: str

    def html_for(self, opt_out_url: str) -> str:
        """Return the HTML part of the mail to the recipient with this opt-out link."""
        before, after = self._html
        return before + html.escape(opt_out_url) + after

    def text_for(self, opt_out_url: str) -> str:
        """Return the text part of the mail to the recipient with this opt-out link."""
        return f"{self._text}{opt_out_url}\n"


def with_footer(
    *, html_part: str, text_part: str, words: FooterWords, profile_url: str
) -> FootedMail:
    """Put the footer under both parts of an alert."""
    head, tail = _split(html_part)
    shared = (
        f'<hr style="margin:32px 0 16px;border:0;border-top:1px solid #d9dfe3">\n'
        f'<p style="{_STYLE}"><a href="{html.escape(profile_url)}">'
        f"{html.escape(words.profile)}</a></p>\n"
        f'<p style="{_STYLE}">{html.escape(words.because)}'
    )
    end = f"</p>\n{tail}"
    shared_text = f"{text_part}\n\n-- \n{words.profile}: {profile_url}\n\n{words.because}\n"
    return FootedMail(
        kept_html=head + shared + end,
        kept_text=shared_text,
        _html=(f'{head}{shared} <a href="', f'">{html.escape(words.stop)}</a>{end}'),
        _text=f"{shared_text}{words.stop}: ",
    )


def _split(markup: str) -> tuple[str, str]:
    """Cut HTML where its body ends, or at its end when it is a fragment."""
    ends = [found.start() for found in _BODY_END.finditer(markup)]
    cut = ends[-1] if ends else len(markup)
    return markup[:cut], markup[cut:]
