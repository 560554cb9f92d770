"""Rate limits, where they are switched on: what is left, and when to come back."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.api.conftest import Shop
from tests.application import Clock, make_runtime, with_key
from towpath.kit.config import Settings
from towpath.web import create_app


async def test_a_burst_and_a_minute_are_limited_per_account(
    engine: AsyncEngine, account_id: UUID, other_shop: Shop
) -> None:
    clock = Clock()
    runtime = make_runtime(engine, clock=clock, settings=Settings(rate_limits=True))
    app = create_app(runtime)
    async with with_key(app, account_id) as client, with_key(app, other_shop.account_id) as other:
        for _ in range(15):
            answers = [await client.get("/api/metrics") for _ in range(10)]
            assert {answer.status_code for answer in answers} == {200}
            assert answers[-1].headers["RateLimit-Remaining"] == "0"
            assert answers[-1].headers["RateLimit-Limit"].endswith("10;w=1, 150;w=60")
            refused = await client.get("/api/metrics")
            assert refused.status_code == 429
            assert refused.json()["errors"][0]["code"] == "throttled"
            assert refused.headers["Retry-After"] == "1"
            assert (await client.get("/api/profiles")).status_code == 200
            clock.move(seconds=1)
        steady = await client.get("/api/metrics")

        assert (steady.status_code, steady.headers["Retry-After"]) == (429, "45")
        assert (await other.get("/api/metrics")).status_code == 200
        clock.move(seconds=45)
        assert (await client.get("/api/metrics")).status_code == 200


async def test_without_the_setting_nothing_is_counted(
    engine: AsyncEngine, account_id: UUID
) -> None:
    app = create_app(make_runtime(engine))
    async with with_key(app, account_id) as client:
        answers = [await client.get("/api/metrics") for _ in range(12)]

    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit-Limit" not in answers[0].headers
