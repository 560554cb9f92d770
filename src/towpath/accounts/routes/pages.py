"""Pages before the app: sign in and out, the first owner, one-time links, invitations."""

from typing import Annotated, Final
from zoneinfo import available_timezones

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from towpath.accounts import access, credentials, passwords, queries, rules
from towpath.accounts.model import LinkPurpose
from towpath.accounts.operations.links import LINK_PATHS, read_link
from towpath.accounts.operations.sessions import close_session
from towpath.accounts.operations.set_up import DEFAULT_TIMEZONE, create_first_owner
from towpath.accounts.routes.cookies import SignedIn, clear_session_cookie, set_session_cookie
from towpath.kit import http
from towpath.kit.errors import Problem
from towpath.kit.pages import Pages, language_of
from towpath.kit.runtime import Runtime

PAGES: Final = Pages("towpath.accounts")
SIGN_IN: Final = "/sign-in"
HOME: Final = "/"

router = APIRouter(include_in_schema=False)

Token = Annotated[str, Query(max_length=200)]


@router.get(SIGN_IN)
async def show_sign_in(
    request: Request,
    conn: http.Transaction,
    next: str = HOME,  # noqa: A002 -- the address's word
) -> Response:
    """Show the form; before there is an owner, say where to find the link for the first."""
    return _form(
        request,
        "sign_in.html",
        target=own_address(next),
        has_owner=await queries.has_any_owner(conn),
    )


@router.post(SIGN_IN)
async def post_sign_in(request: Request, runtime: http.RuntimeOf, now: http.Now) -> Response:
    """Sign in and go where the person wanted to go."""
    access.check_origin(request)
    form = await http.read_form(request)
    target = own_address(form.get("next", HOME))
    try:
        token = await credentials.sign_in(
            runtime,
            email=form.get("email", ""),
            password=form.get("password", ""),
            address=request.client.host if request.client else None,
            now=now,
        )
    except Problem as problem:
        return _form(
            request, "sign_in.html", problem=problem, form=form, target=target, has_owner=True
        )
    return _entered(runtime, token=token, target=target)


@router.post("/sign-out")
async def post_sign_out(
    user: SignedIn, conn: http.Transaction, runtime: http.RuntimeOf
) -> Response:
    """End the session and show the form again."""
    await close_session(conn, token=user.token)
    response = RedirectResponse(SIGN_IN, status_code=303)
    clear_session_cookie(response, settings=runtime.settings)
    return response


@router.get(LINK_PATHS[LinkPurpose.FIRST_OWNER])
async def show_first_owner(
    request: Request, conn: http.Transaction, now: http.Now, token: Token = ""
) -> Response:
    """Ask for the first account and its owner."""
    await read_link(conn, purpose=LinkPurpose.FIRST_OWNER, token=token, now=now)
    return _first_owner_form(request, token=token)


@router.post(LINK_PATHS[LinkPurpose.FIRST_OWNER])
async def post_first_owner(request: Request, runtime: http.RuntimeOf, now: http.Now) -> Response:
    """Make the first account and its owner, and sign them in."""
    access.check_origin(request)
    form = await http.read_form(request)
    token, email = form.get("token", ""), form.get("email", "")
    try:
        async with runtime.engine.begin() as conn:
            await read_link(conn, purpose=LinkPurpose.FIRST_OWNER, token=token, now=now)
        password = form.get("password", "")
        rules.check_password(
            password, email=rules.read_email(email, pointer="/email"), pointer="/password"
        )
        password_hash = await passwords.hash_password(password)
        async with runtime.engine.begin() as conn:
            session_token = await create_first_owner(
                conn,
                token=token,
                account_name=form.get("account_name", ""),
                timezone=form.get("timezone", ""),
                email=email,
                name=form.get("name", ""),
                password_hash=password_hash,
                now=now,
            )
    except Problem as problem:
        if problem.pointer is None:
            raise
        return _first_owner_form(request, token=token, problem=problem, form=form)
    return _entered(runtime, token=session_token, target=HOME)


@router.get(LINK_PATHS[LinkPurpose.SIGN_IN])
async def show_link(
    request: Request, conn: http.Transaction, now: http.Now, token: Token = ""
) -> Response:
    """Show the button that signs in; opening the link alone does nothing."""
    await read_link(conn, purpose=LinkPurpose.SIGN_IN, token=token, now=now)
    return _form(request, "sign_in_link.html", token=token)


@router.post(LINK_PATHS[LinkPurpose.SIGN_IN])
async def post_link(
    request: Request, conn: http.Transaction, runtime: http.RuntimeOf, now: http.Now
) -> Response:
    """Sign in by a one-time link."""
    access.check_origin(request)
    form = await http.read_form(request)
    token = await credentials.sign_in_by_link(conn, token=form.get("token", ""), now=now)
    return _entered(runtime, token=token, target=HOME)


@router.get(LINK_PATHS[LinkPurpose.INVITATION])
async def show_invitation(
    request: Request, conn: http.Transaction, now: http.Now, token: Token = ""
) -> Response:
    """Ask an invited person for a password."""
    await read_link(conn, purpose=LinkPurpose.INVITATION, token=token, now=now)
    return _form(request, "invitation.html", token=token)


@router.post(LINK_PATHS[LinkPurpose.INVITATION])
async def post_invitation(request: Request, runtime: http.RuntimeOf, now: http.Now) -> Response:
    """Set the password and sign in."""
    access.check_origin(request)
    form = await http.read_form(request)
    token = form.get("token", "")
    try:
        session_token = await credentials.accept_invitation(
            runtime, token=token, password=form.get("password", ""), now=now
        )
    except Problem as problem:
        if problem.pointer is None:
            raise
        return _form(request, "invitation.html", token=token, problem=problem)
    return _entered(runtime, token=session_token, target=HOME)


def _first_owner_form(
    request: Request,
    *,
    token: str,
    problem: Problem | None = None,
    form: dict[str, str] | None = None,
) -> Response:
    return _form(
        request,
        "first_owner.html",
        token=token,
        problem=problem,
        form=form or {"timezone": DEFAULT_TIMEZONE},
        timezones=sorted(available_timezones()),
    )


def _form(
    request: Request,
    name: str,
    *,
    problem: Problem | None = None,
    form: dict[str, str] | None = None,
    **values: object,
) -> Response:
    """Render a form, filled as it was sent and with the problem beside its field."""
    wrong_field = (problem.pointer or "").removeprefix("/") if problem else ""
    return PAGES.render(
        name,
        language=language_of(request),
        status=problem.status if problem else 200,
        problem=problem,
        wrong_field=wrong_field,
        form=form or {},
        headers=None,
        **values,
    )


def _entered(runtime: Runtime, *, token: str, target: str) -> Response:
    response = RedirectResponse(target, status_code=303)
    set_session_cookie(response, settings=runtime.settings, token=token)
    return response


def own_address(target: str) -> str:
    """Return where to go after signing in; never to another site, whatever the address says."""
    is_own = target.startswith("/") and not target.startswith(("//", "/\\"))
    if not is_own or any(ord(letter) <= 32 or letter == "\\" for letter in target):
        return HOME
    return target
