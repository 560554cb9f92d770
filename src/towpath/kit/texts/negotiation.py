"""Which language a reader gets: the one asked for, else the best of the browser's list."""

from typing import Final

from towpath.kit.texts.catalogue import FALLBACK, LOCALES

HEADER_CHARACTERS_MAX: Final = 1_000
RANGES_MAX: Final = 20


def negotiate(accept_language: str | None, *, asked: str | None = None) -> str:
    """Choose a language for a reader; never fails, whatever was sent.

    `asked` (`?lang=`) wins when it is one of `LOCALES`; then the ranges of an `Accept-Language`
    header (RFC 9110 §12.5.4) by their weight, the earlier of equals; then `FALLBACK`.
    """
    if asked is not None and _language(asked) in LOCALES:
        return _language(asked)
    ranges = (accept_language or "")[:HEADER_CHARACTERS_MAX].split(",")[:RANGES_MAX]
    weighted = [(_weight(item), _language(item.partition(";")[0])) for item in ranges]
    wanted = [
        (weight, FALLBACK if language == "*" else language)
        for weight, language in weighted
        if weight > 0 and (language in LOCALES or language == "*")
    ]
    return max(wanted, key=lambda item: item[0])[1] if wanted else FALLBACK


def _language(text: str) -> str:
    return text.strip().replace("_", "-").partition("-")[0].lower()


def _weight(item: str) -> float:
    for parameter in item.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                weight = float(value)
            except ValueError:
                return 0
            return weight if 0 <= weight <= 1 else 0
    return 1
