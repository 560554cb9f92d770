"""Problems as pages, for people with a browser: what is wrong and where to go from there."""

from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from towpath.kit.errors import Problem, Unauthenticated
from towpath.kit.pages import Pages, language_of

PAGES: Final = Pages("towpath.web")
SIGN_IN_PATH: Final = "/sign-in"


def error_page(request: Request, problem: Problem, problem_id: UUID) -> Response:
    """Return the page of a problem; whoever is not signed in is asked to, and comes back."""
    if isinstance(problem, Unauthenticated) and request.method == "GET":
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{SIGN_IN_PATH}?{urlencode({'next': target})}", status_code=303)
    return PAGES.render(
        "error.html",
        language=language_of(request),
        status=problem.status,
        problem=problem,
        problem_id=problem_id,
    )
