"""The official SDK against lists, subscriptions and suppressions."""

from datetime import UTC, datetime
from typing import Any

import pytest
from openapi_client.exceptions import BadRequestException, NotFoundException

from tests.api.conftest import Shop
from tests.api.documents import profile_of
from tests.api.test_sdk import DICTIONARIES, call
from towpath.kit.clock import utc_now

ADA, BOB = "ada@example.test", "bob@example.test"
SUPPRESS, UNSUPPRESS = (f"profile-suppression-bulk-{word}-job" for word in ("create", "delete"))


def list_of(name: str = "Newsletter", **attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "list", "attributes": {"name": name, **attributes}}}


def members_of(*shown_ids: str) -> dict[str, Any]:
    return {"data": [{"type": "profile", "id": shown} for shown in shown_ids]}


def job_of(
    kind: str, *profiles: dict[str, Any], list_id: str | None = None, **attributes: Any
) -> dict[str, Any]:
    """Make the body of a job about these attributes of profiles, or about a list."""
    data: dict[str, Any] = {"type": kind, "attributes": attributes}
    if profiles:
        people = [{"type": "profile", "attributes": each} for each in profiles]
        attributes["profiles"] = {"data": people}
    if list_id is not None:
        data["relationships"] = {"list": {"data": {"type": "list", "id": list_id}}}
    return {"data": data}


def consent_of(email: str, consent: str = "SUBSCRIBED", **more: Any) -> dict[str, Any]:
    word = {"consent": consent, **more}
    return {"email": email, "subscriptions": {"email": {"marketing": word}}}


def subscribe_job(*profiles: dict[str, Any], **more: Any) -> dict[str, Any]:
    return job_of("profile-subscription-bulk-create-job", *profiles, **more)


def unsubscribe_job(*profiles: dict[str, Any], **more: Any) -> dict[str, Any]:
    return job_of("profile-subscription-bulk-delete-job", *profiles, **more)


async def made_list(shop: Shop, name: str = "Newsletter", **attributes: Any) -> str:
    made = await call(shop.sdk().Lists.create_list, list_of(name, **attributes))
    list_id: str = made.data.id
    return list_id


async def made_profile(shop: Shop, email: str = ADA) -> str:
    made = await call(shop.sdk().Profiles.create_profile, profile_of(email))
    shown: str = made.data.id
    return shown


async def email_marketing(shop: Shop, email: str = ADA) -> Any:
    found = await call(
        shop.sdk().Profiles.get_profiles,
        filter=f'equals(email,"{email}")',
        additional_fields_profile=["subscriptions"],
    )
    [profile] = found.data
    return profile.attributes.subscriptions.email.marketing


async def test_a_list_is_made_read_changed_and_deleted(shop: Shop) -> None:
    sdk = shop.sdk()
    made = await call(sdk.Lists.create_list, list_of(" Newsletter "))
    list_id = made.data.id
    assert (made.data.attributes.name, made.data.attributes.opt_in_process) == (
        "Newsletter",
        "double_opt_in",
    )

    patch = {
        "type": "list",
        "id": list_id,
        "attributes": {"name": "VIP", "opt_in_process": "single_opt_in"},
    }
    changed = await call(sdk.Lists.update_list, list_id, {"data": patch})
    one = await call(sdk.Lists.get_list, list_id, additional_fields_list=["profile_count"])
    assert changed.data.attributes.opt_in_process == "single_opt_in"
    assert (one.data.attributes.name, one.data.attributes.profile_count) == ("VIP", 0)

    assert await call(sdk.Lists.delete_list, list_id) is None
    with pytest.raises(NotFoundException):
        await call(sdk.Lists.get_list, list_id)


async def test_lists_are_filtered_sorted_and_come_ten_a_page(shop: Shop) -> None:
    sdk = shop.sdk()
    names = [f"List {number:02}" for number in range(12)]
    for name in names:
        await made_list(shop, name)

    first = await call(sdk.Lists.get_lists, sort="name")
    second = await call(sdk.Lists.get_lists, sort="name", page_cursor=first.links.next)
    named = await call(sdk.Lists.get_lists, filter='any(name,["List 03","List 04","x"])')
    new = await call(sdk.Lists.get_lists, filter="greater-than(created,2026-01-01T00:00:00Z)")
    assert [each.attributes.name for each in first.data] == names[:10]
    assert [each.attributes.name for each in second.data] == names[10:]
    assert {each.attributes.name for each in named.data} == {"List 03", "List 04"}
    assert len(new.data) == 10
    with pytest.raises(BadRequestException):
        await call(sdk.Lists.get_lists, filter='equals(opt_in_process,"x")')


async def test_profiles_join_and_leave_a_list_without_consent(shop: Shop) -> None:
    sdk = shop.sdk()
    list_id = await made_list(shop)
    ada, bob = await made_profile(shop), await made_profile(shop, BOB)
    before = utc_now()

    for _ in range(2):
        assert await call(sdk.Lists.add_profiles_to_list, list_id, members_of(ada, bob)) is None
    found = await call(sdk.Lists.get_profiles_for_list, list_id, sort="joined_group_at")
    ids = await call(sdk.Lists.get_profile_ids_for_list, list_id, page_size=1)
    rest = await call(sdk.Lists.get_profile_ids_for_list, list_id, page_cursor=ids.links.next)
    counted = await call(sdk.Lists.get_list, list_id, additional_fields_list=["profile_count"])
    assert {one.id for one in found.data} == {ada, bob}
    assert all(one.attributes.joined_group_at >= before for one in found.data)
    assert {ids.data[0].id, rest.data[0].id} == {ada, bob}
    assert counted.data.attributes.profile_count == 2
    assert (await email_marketing(shop)).consent == "NEVER_SUBSCRIBED"

    moment = before.isoformat()
    for terms, expected in (
        (f"greater-or-equal(joined_group_at,{moment})", {ada, bob}),
        (f"less-than(joined_group_at,{moment})", set()),
        (f'equals(email,"{ADA}")', {ada}),
    ):
        some = await call(sdk.Lists.get_profiles_for_list, list_id, filter=terms)
        assert {one.id for one in some.data} == expected

    for _ in range(2):
        await call(sdk.Lists.remove_profiles_from_list, list_id, members_of(ada))
    left = await call(sdk.Lists.get_profile_ids_for_list, list_id)
    assert [one.id for one in left.data] == [bob]


async def test_a_profile_leads_to_its_lists(shop: Shop) -> None:
    sdk = shop.sdk()
    ada, bob = await made_profile(shop), await made_profile(shop, BOB)
    both, one = await made_list(shop, "Both"), await made_list(shop, "One")
    await call(sdk.Lists.add_profiles_to_list, both, members_of(ada, bob))
    await call(sdk.Lists.add_profiles_to_list, one, members_of(ada))

    lists = await call(sdk.Profiles.get_lists_for_profile, ada)
    ids = await call(sdk.Profiles.get_list_ids_for_profile, ada)
    included = await call(sdk.Profiles.get_profiles, include=["lists"], options=DICTIONARIES)
    assert {each.attributes.name for each in lists.data} == {"Both", "One"}
    assert {each.id for each in ids.data} == {both, one}
    assert sorted(each["id"] for each in included["included"]) == sorted([both, one])

    await call(sdk.Lists.delete_list, one)
    left = await call(sdk.Profiles.get_list_ids_for_profile, ada)
    assert [each.id for each in left.data] == [both]


async def test_profiles_subscribe_and_unsubscribe(shop: Shop) -> None:
    sdk = shop.sdk()
    list_id = await made_list(shop, opt_in_process="single_opt_in")
    job = subscribe_job(consent_of(ADA), consent_of(BOB), list_id=list_id, custom_source="Footer")

    for _ in range(2):
        await call(sdk.Profiles.bulk_subscribe_profiles, job)
    marketing = await email_marketing(shop)
    ids = await call(sdk.Lists.get_profile_ids_for_list, list_id)
    assert (marketing.consent, marketing.can_receive_email_marketing) == ("SUBSCRIBED", True)
    assert marketing.custom_method_detail == "Footer"
    assert len(ids.data) == 2

    gone = unsubscribe_job(consent_of(ADA, "UNSUBSCRIBED"), list_id=list_id)
    for _ in range(2):
        await call(sdk.Profiles.bulk_unsubscribe_profiles, gone)
    marketing = await email_marketing(shop)
    assert (marketing.consent, marketing.can_receive_email_marketing) == ("UNSUBSCRIBED", False)
    assert [one.reason for one in marketing.suppression] == ["UNSUBSCRIBE"]
    assert len((await call(sdk.Lists.get_profile_ids_for_list, list_id)).data) == 1


async def test_double_opt_in_waits_for_the_click_and_historical_consent_does_not(
    shop: Shop,
) -> None:
    sdk = shop.sdk()
    list_id = await made_list(shop)

    await call(
        sdk.Profiles.bulk_subscribe_profiles, subscribe_job(consent_of(ADA), list_id=list_id)
    )
    assert (await email_marketing(shop)).consent == "NEVER_SUBSCRIBED"
    assert (await call(sdk.Lists.get_profile_ids_for_list, list_id)).data == []

    past = consent_of(ADA, consented_at="2020-01-02T03:04:05+00:00")
    job = subscribe_job(past, list_id=list_id, historical_import=True)
    await call(sdk.Profiles.bulk_subscribe_profiles, job)
    marketing = await email_marketing(shop)
    assert marketing.consent == "SUBSCRIBED"
    assert marketing.consent_timestamp == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert len((await call(sdk.Lists.get_profile_ids_for_list, list_id)).data) == 1


async def test_suppression_jobs_are_done_when_answered_and_can_be_read(shop: Shop) -> None:
    sdk = shop.sdk().Profiles
    await made_profile(shop)

    await call(sdk.bulk_suppress_profiles, job_of(SUPPRESS, {"email": ADA}, {"email": BOB}))
    marketing = await email_marketing(shop)
    assert [one.reason for one in marketing.suppression] == ["USER_SUPPRESSED"]
    assert marketing.can_receive_email_marketing is False

    [job] = (await call(sdk.get_bulk_suppress_profiles_jobs)).data
    one = await call(sdk.get_bulk_suppress_profiles_job, job.id)
    assert one.data.attributes.status == "complete"
    assert (one.data.attributes.total_count, one.data.attributes.completed_count) == (2, 2)
    queued = await call(sdk.get_bulk_suppress_profiles_jobs, filter='equals(status,"queued")')
    done = await call(sdk.get_bulk_suppress_profiles_jobs, filter='equals(status,"complete")')
    assert (len(queued.data), len(done.data)) == (0, 1)

    await call(sdk.bulk_unsuppress_profiles, job_of(UNSUPPRESS, {"email": ADA}))
    [job] = (await call(sdk.get_bulk_unsuppress_profiles_jobs)).data
    one = await call(sdk.get_bulk_unsuppress_profiles_job, job.id)
    assert one.data.attributes.completed_count == 1
    assert (await email_marketing(shop)).suppression == []
    with pytest.raises(NotFoundException):
        await call(sdk.get_bulk_suppress_profiles_job, job.id)


async def test_everybody_on_a_list_is_suppressed(shop: Shop) -> None:
    sdk = shop.sdk()
    list_id, ada = await made_list(shop), await made_profile(shop)
    await made_profile(shop, BOB)
    await call(sdk.Lists.add_profiles_to_list, list_id, members_of(ada))

    await call(sdk.Profiles.bulk_suppress_profiles, job_of(SUPPRESS, list_id=list_id))

    assert len((await email_marketing(shop)).suppression) == 1
    assert (await email_marketing(shop, BOB)).suppression == []


async def test_another_account_sees_and_changes_nothing(shop: Shop, other_shop: Shop) -> None:
    list_id, ada = await made_list(shop), await made_profile(shop)
    own = await made_list(other_shop)
    await call(shop.sdk().Lists.add_profiles_to_list, list_id, members_of(ada))
    await call(shop.sdk().Profiles.bulk_suppress_profiles, job_of(SUPPRESS, {"email": ADA}))
    [job] = (await call(shop.sdk().Profiles.get_bulk_suppress_profiles_jobs)).data
    other = other_shop.sdk()
    patch = {"data": {"type": "list", "id": list_id, "attributes": {"name": "Mine"}}}

    for function, *args in (
        (other.Lists.get_list, list_id),
        (other.Lists.update_list, list_id, patch),
        (other.Lists.delete_list, list_id),
        (other.Lists.get_profiles_for_list, list_id),
        (other.Lists.get_profile_ids_for_list, list_id),
        (other.Lists.add_profiles_to_list, list_id, members_of()),
        (other.Lists.add_profiles_to_list, own, members_of(ada)),
        (other.Lists.remove_profiles_from_list, list_id, members_of()),
        (other.Profiles.get_lists_for_profile, ada),
        (other.Profiles.get_list_ids_for_profile, ada),
        (other.Profiles.get_bulk_suppress_profiles_job, job.id),
        (other.Profiles.bulk_suppress_profiles, job_of(SUPPRESS, list_id=list_id)),
        (other.Profiles.bulk_subscribe_profiles, subscribe_job(consent_of(ADA), list_id=list_id)),
    ):
        with pytest.raises(NotFoundException):
            await call(function, *args)
    assert [one.id for one in (await call(other.Lists.get_lists)).data] == [own]
    assert (await call(other.Profiles.get_bulk_suppress_profiles_jobs)).data == []
    assert len((await call(shop.sdk().Lists.get_profile_ids_for_list, list_id)).data) == 1
