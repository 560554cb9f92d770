"""Rendering a page of a feature inside the shared layout."""

from collections.abc import Mapping
from typing import Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from towpath.kit.pages.stylesheet import STYLESHEET_PATH
from towpath.kit.texts import negotiate, texts

TEMPLATE_FOLDER: Final = "pages"


class Pages:
    """The templates of one feature; every value is escaped, a missing one is an error."""

    def __init__(self, package: str) -> None:
        """Take the templates of `package` from its folder `pages`."""
        self._environment = Environment(
            loader=ChoiceLoader(
                [
                    PackageLoader(package, TEMPLATE_FOLDER),
                    PackageLoader("towpath.kit.pages", "templates"),
                ]
            ),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def render(
        self,
        name: str,
        *,
        language: str | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> HTMLResponse:
        """Return the page `name` in `language` (English when unknown or not given)."""
        words = texts(language)
        html = self._environment.get_template(name).render(
            **values,
            stylesheet_path=STYLESHEET_PATH,
            language=words.locale,
            gettext=words.gettext,
            ngettext=words.ngettext,
        )
        return HTMLResponse(html, status_code=status, headers=headers)


def language_of(request: Request) -> str:
    """Return the language this reader gets: `?lang=`, else the best of the browser's list."""
    return negotiate(request.headers.get("accept-language"), asked=request.query_params.get("lang"))
