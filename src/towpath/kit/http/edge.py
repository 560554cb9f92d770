"""The outermost layer: the size of bodies, addresses that cannot be stored, security headers.

Plain ASGI, because it is on the path of every event that comes in.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from towpath.kit.errors import Invalid, Problem, TooLarge
from towpath.kit.http.problems import problem_response

YEAR_SECONDS = 31_536_000

# Read and thrown away of a body whose declared length is refused. A client that is still writing
# when the connection closes sees it reset, and not the answer that says why.
DRAINED_BYTES_MAX = 67_108_864

# Pages load nothing from elsewhere and run no inline script. A response with a policy of its own
# (captured mail in its sandbox) keeps it.
CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class BadAddress(Invalid):
    """The address must not contain the NUL character."""


class Edge:
    """ASGI middleware: refuse what is too large or unstorable, and add the security headers."""

    def __init__(self, app: ASGIApp, *, body_bytes_max: int, is_https: bool) -> None:
        """`is_https`: the public address is https, so browsers are told to stay with it."""
        self._app = app
        self._body_bytes_max = body_bytes_max
        self._headers = [
            (b"content-security-policy", CONTENT_POLICY.encode()),
            (b"x-content-type-options", b"nosniff"),
            # Addresses hold one-time tokens: only our own pages may learn them. `no-referrer`
            # would also make browsers send `Origin: null` with our forms.
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cache-control", b"no-store"),
        ]
        if is_https:
            self._headers.append((b"strict-transport-security", f"max-age={YEAR_SECONDS}".encode()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; WebSockets and the lifespan pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.setdefault("headers", [])
                names = {name.lower() for name, _ in given}
                message["headers"] = [
                    *given,
                    *(header for header in self._headers if header[0] not in names),
                ]
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None:
            await self._limited(scope, receive, send_with_headers)
        else:
            await _drain(receive)
            await _refuse(refusal, scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Problem | None:
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            return BadAddress()
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self._body_bytes_max:
                return self._too_large()
        return None

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, counting a body whose length was not declared."""
        received = 0
        is_started = False

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._body_bytes_max:
                    raise self._too_large()
            return message

        async def send_unless_refused(message: Message) -> None:
            nonlocal is_started
            if not is_started and received > self._body_bytes_max:
                return
            is_started = True
            await send(message)

        try:
            await self._app(scope, receive_counted, send_unless_refused)
        except TooLarge:
            if is_started:
                raise
        if received > self._body_bytes_max and not is_started:
            await _refuse(self._too_large(), scope, receive, send)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The request body may be at most {self._body_bytes_max} bytes.")


async def _drain(receive: Receive) -> None:
    drained = 0
    while drained <= DRAINED_BYTES_MAX:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
        drained += len(message.get("body", b""))


async def _refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, and end the connection."""
    response = problem_response(problem, headers={"Connection": "close"})
    await response(scope, receive, send)
