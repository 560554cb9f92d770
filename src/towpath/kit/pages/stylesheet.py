"""The one stylesheet of server-rendered pages; its address changes with its content."""

import hashlib
from importlib import resources

from fastapi import APIRouter, Response

YEAR_SECONDS = 31_536_000

_STYLESHEET = resources.files(__package__).joinpath("assets", "pages.css").read_bytes()
STYLESHEET_PATH = f"/assets/pages-{hashlib.sha256(_STYLESHEET).hexdigest()[:12]}.css"

router = APIRouter(include_in_schema=False)


@router.get(STYLESHEET_PATH)
async def read_stylesheet() -> Response:
    """Return the stylesheet, which browsers may keep for good."""
    return Response(
        _STYLESHEET,
        media_type="text/css",
        headers={"Cache-Control": f"public, max-age={YEAR_SECONDS}, immutable"},
    )
