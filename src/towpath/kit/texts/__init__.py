"""What the server says to people, in their language: mails, public pages, replies.

Texts are gettext messages: the English sentence is the key, `catalogues/<locale>.po` holds its
translation. The files are read when a language is first used, so there is nothing to build.
A new text is written where it is said and added to the four files; tests/texts lists what is
missing there, and what nobody says any more.
"""

from towpath.kit.texts.catalogue import FALLBACK, LOCALES, Texts, texts
from towpath.kit.texts.negotiation import negotiate

__all__ = ["FALLBACK", "LOCALES", "Texts", "negotiate", "texts"]
