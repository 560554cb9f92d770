"""The application as a whole: health, the reference, security headers, pages."""

import httpx
import pytest
from fastapi import FastAPI

from tests.application import client_of
from towpath.kit import pages


async def test_health_says_ok_to_everybody_and_no_more(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/health")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/v1/health", "/sign-in", "/nothing", "/docs"])
async def test_every_answer_carries_the_security_headers(
    client: httpx.AsyncClient, path: str
) -> None:
    headers = (await client.get(path)).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers


async def test_the_stylesheet_is_ours_and_browsers_may_keep_it(client: httpx.AsyncClient) -> None:
    page = await client.get("/sign-in")
    stylesheet = await client.get(pages.STYLESHEET_PATH)

    assert f'href="{pages.STYLESHEET_PATH}"' in page.text
    assert stylesheet.headers["content-type"].startswith("text/css")
    assert "immutable" in stylesheet.headers["cache-control"]


async def test_pages_load_nothing_from_elsewhere_and_run_no_script(
    client: httpx.AsyncClient,
) -> None:
    for path in ("/sign-in", "/docs", "/nothing"):
        text = (await client.get(path, headers={"Accept": "text/html"})).text

        assert "<script" not in text
        assert 'src="http' not in text
        assert 'href="http' not in text
        assert " style=" not in text


async def test_the_reference_shows_every_operation_of_the_document(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    page = (await client.get("/docs")).text

    for path, methods in app.openapi()["paths"].items():
        assert f"<code>{path}</code>" in page
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
    assert "Authorization: Klaviyo-API-Key" in page


async def test_the_document_says_how_to_authenticate(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()

    schemes = document["components"]["securitySchemes"]
    assert schemes["ApiKey"]["in"] == "header"
    assert document["security"] == [{"ApiKey": []}, {"Session": []}]


@pytest.mark.parametrize(
    ("language", "words"),
    [("es", "Iniciar sesión"), ("pl", "Zaloguj się"), ("de", "Anmelden"), ("fr", "Sign in")],
)
async def test_pages_speak_the_readers_language(app: FastAPI, language: str, words: str) -> None:
    async with client_of(app, **{"Accept-Language": language}) as client:
        page = (await client.get("/sign-in")).text

    assert f"<h1>{words}</h1>" in page
