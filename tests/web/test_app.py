"""The application as a whole: health, unknown addresses, the reference."""

import httpx


async def test_health_says_ok_to_everybody(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/health")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
