"""HTTP for every feature: one transaction per request, one shape of errors, limits, cursor lists.

A feature's router reads `RuntimeOf`, `Transaction` and `Now` as dependencies and raises problems of
`kit.errors`; `install_problem_handlers` turns them into the answer.
"""

from towpath.kit.http.bodies import JsonRoute, read_form
from towpath.kit.http.dependencies import Now, RuntimeOf, Transaction, runtime_of
from towpath.kit.http.edge import Edge
from towpath.kit.http.listing import PAGE_SIZE_MAX, BadCursor, Cursor, Limit, Page, page_of, read_id
from towpath.kit.http.problems import (
    ProblemPage,
    Unavailable,
    install_problem_handlers,
    problem_body,
    problem_response,
    wants_page,
)

__all__ = [
    "PAGE_SIZE_MAX",
    "BadCursor",
    "Cursor",
    "Edge",
    "JsonRoute",
    "Limit",
    "Now",
    "Page",
    "ProblemPage",
    "RuntimeOf",
    "Transaction",
    "Unavailable",
    "install_problem_handlers",
    "page_of",
    "problem_body",
    "problem_response",
    "read_form",
    "read_id",
    "runtime_of",
    "wants_page",
]
