"""Mailbox providers: mail that claims to be from there but is sent by a shop is taken for spam."""

from typing import Final

FREE_MAIL_DOMAINS: Final = frozenset(
    {
        "126.com",
        "163.com",
        "aim.com",
        "aol.com",
        "bluewin.ch",
        "comcast.net",
        "fastmail.com",
        "fastmail.fm",
        "freenet.de",
        "gmail.com",
        "googlemail.com",
        "hey.com",
        "hushmail.com",
        "icloud.com",
        "interia.pl",
        "laposte.net",
        "libero.it",
        "mac.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "naver.com",
        "o2.pl",
        "onet.pl",
        "op.pl",
        "orange.fr",
        "pm.me",
        "proton.me",
        "protonmail.ch",
        "protonmail.com",
        "qq.com",
        "rocketmail.com",
        "t-online.de",
        "tuta.com",
        "tutanota.com",
        "web.de",
        "wp.pl",
        "ymail.com",
        "zoho.com",
    }
)

FREE_MAIL_NAMES: Final = frozenset({"gmx", "hotmail", "live", "outlook", "yahoo", "yandex"})
"""Providers with a domain per country: yahoo.com, yahoo.de, yahoo.co.uk …"""


def is_free_mail(domain: str) -> bool:
    """Say whether a domain, in lower case, is one where anybody gets a mailbox."""
    name, _, rest = domain.partition(".")
    country = rest.removeprefix("co.").removeprefix("com.")
    is_country = rest in {"com", "net"} or (country.isalpha() and len(country) == 2)
    return domain in FREE_MAIL_DOMAINS or (name in FREE_MAIL_NAMES and is_country)
