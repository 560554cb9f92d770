"""The catalogues: read from their .po files once, kept for the life of the process."""

import gettext
import io
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from importlib import resources
from typing import Final

from babel.core import Locale
from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES: Final = ("en", "es", "pl", "de")
FALLBACK: Final = "en"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language.

    The methods carry gettext's own names, so that the extractor finds the messages and Jinja can
    be given them as they are. Values fill the `%(name)s` of a message and are not escaped.
    """

    locale: str
    _translations: gettext.GNUTranslations

    def gettext(self, message: str, /, **values: object) -> str:
        """Return the translation of `message`, filled with `values`."""
        translated = self._translations.gettext(message)
        return translated % values if values else translated

    def ngettext(self, singular: str, plural: str, number: int, /, **values: object) -> str:
        """Return the form that `number` asks for; `%(num)s` in it is the number."""
        return self._translations.ngettext(singular, plural, number) % {"num": number, **values}

    def moment(self, moment: datetime, *, zone: tzinfo) -> str:
        """Write a date and time as this language does, in the reader's timezone."""
        return format_datetime(moment, "short", tzinfo=zone, locale=Locale.parse(self.locale))

    def exact_moment(self, moment: datetime, *, zone: tzinfo) -> str:
        """Write a date and time to the second, with the name of the reader's timezone."""
        return format_datetime(moment, "long", tzinfo=zone, locale=Locale.parse(self.locale))


def texts(locale: str | None) -> Texts:
    """Return the texts of a language; of `FALLBACK` when it is unknown.

    A regional form counts as its language: `es-MX` and `es_MX` are `es`.
    """
    language = (locale or "").replace("_", "-").partition("-")[0].lower()
    return _load(language if language in LOCALES else FALLBACK)


@cache
def _load(locale: str) -> Texts:
    source = resources.files(__package__).joinpath("catalogues", f"{locale}.po")
    with source.open("rb") as file:
        catalogue = read_po(file, locale=locale, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Texts(locale, gettext.GNUTranslations(compiled))
