"""Server-rendered pages: one layout, one stylesheet, templates beside the feature they belong to.

A feature keeps its templates in its folder `pages/` and makes one renderer:

    PAGES = pages.Pages("towpath.alerts")
    return PAGES.render("confirm.html", language="es", address=address)

A template starts with `{% extends "layout.html" %}` and fills the blocks `title` and `content`.
`gettext` and `ngettext` are those of the page's language. Pages work without JavaScript.
"""

from towpath.kit.pages.rendering import Pages, language_of
from towpath.kit.pages.stylesheet import STYLESHEET_PATH, router

__all__ = ["STYLESHEET_PATH", "Pages", "language_of", "router"]
