"""Each way of letting a client down, seen from the client."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from tests.patience import until


async def test_a_lost_answer_is_a_broken_connection_and_the_post_exists(
    served_anna, served_operator
):
    await served_operator.misbehave("lose_answer")

    with pytest.raises(httpx2.RemoteProtocolError):
        await served_anna.post("Hej", key="share-1")

    found = (await served_anna.get("/api/posts", author="me", client_ref="share-1")).json()
    assert [post["text"] for post in found["items"]] == ["Hej"]
    assert len(await served_operator.posted()) == 1
    assert (await served_anna.post("Hej", key="share-1")).status_code == 201


async def test_a_lost_refresh_answer_has_used_the_token_up(served_anna, served_operator):
    await served_operator.misbehave("lose_answer", route="POST /oauth/token")

    with pytest.raises(httpx2.RemoteProtocolError):
        await served_anna.refresh()

    assert (await served_anna.refresh()).json()["error"] == "invalid_grant"


async def test_a_network_that_hangs_has_posted_before_the_client_gave_up(
    served_anna, served_operator
):
    await served_operator.misbehave("hang", seconds=60)

    with pytest.raises(httpx2.ReadTimeout):
        await served_anna.web.post(
            "/api/posts", json={"text": "Hej"}, headers=served_anna.bearer, timeout=0.3
        )

    assert [post["text"] for post in await served_operator.posted()] == ["Hej"]


async def test_a_network_that_hangs_answers_in_the_end(served_anna, served_operator):
    await served_operator.misbehave("hang", seconds=0.2)
    started_at = asyncio.get_running_loop().time()

    answer = await served_anna.post("Hej")

    assert answer.status_code == 201
    assert asyncio.get_running_loop().time() - started_at >= 0.2


async def test_a_network_that_is_to_behave_again_answers_what_hangs(served_anna, served_operator):
    await served_operator.misbehave("hang", seconds=300)
    hanging = asyncio.create_task(served_anna.post("Hej"))
    await until(served_operator.has_nothing_waiting)

    await served_operator.behave()

    assert (await hanging).status_code == 201


async def test_an_error_after_the_work_hides_a_post(anna, operator):
    await operator.misbehave("server_error_after")

    answer = await anna.post("Hej", key="share-1")

    assert (answer.status_code, answer.json()["error"]) == (500, "server_error")
    assert len(await operator.posted()) == 1
    assert (await anna.post("Hej", key="share-1")).status_code == 201
    assert len(await operator.posted()) == 1


async def test_an_error_before_the_work_hides_nothing(anna, operator):
    await operator.misbehave("server_error_before")

    answer = await anna.post("Hej")

    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert await operator.posted() == []


async def test_a_rate_limited_client_is_told_how_long_to_wait(anna, operator):
    await operator.misbehave("rate_limited", seconds=17)

    answer = await anna.post("Hej")

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "17")
    assert await operator.posted() == []


async def test_a_revoked_token_cannot_be_refreshed(anna, operator):
    await operator.misbehave("revoke_token")

    answer = await anna.post("Hej")

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert (await anna.refresh()).json()["error"] == "invalid_grant"
    assert await operator.posted() == []


async def test_an_expired_token_can_be_refreshed(anna, operator):
    await operator.misbehave("expire_token", route="GET /api/me")

    answer = await anna.get("/api/me")
    anna.tokens = (await anna.refresh()).json()

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert (await anna.get("/api/me")).status_code == 200


async def test_a_late_post_is_not_found_at_first(anna, operator, clock):
    await operator.misbehave("show_late", seconds=30)
    post = (await anna.post("Hej", key="share-1")).json()
    look_up = {"author": "me", "client_ref": "share-1"}

    at_first = (await anna.get("/api/posts", **look_up)).json()["items"]
    hidden = await anna.get(f"/api/posts/{post['id']}")
    clock.advance(timedelta(seconds=30))

    assert (at_first, hidden.status_code) == ([], 404)
    assert len((await anna.get("/api/posts", **look_up)).json()["items"]) == 1
    assert len(await operator.posted()) == 1


async def test_a_fault_ends_after_its_times_and_touches_no_other_route(anna, operator):
    await operator.misbehave("server_error_before", times=2)

    codes = [(await anna.get("/api/me")).status_code]
    codes += [(await anna.post("Hej")).status_code for _ in range(3)]

    assert codes == [200, 503, 503, 201]
    assert await operator.waiting() == []


async def test_a_fault_waits_for_one_post_s_look_up(anna, operator):
    post = (await anna.post("Hej")).json()
    await operator.misbehave("server_error_before", route="GET /api/posts/{id}")

    listed = await anna.get("/api/posts", author="me")
    looked_up = await anna.get(f"/api/posts/{post['id']}")

    assert (listed.status_code, looked_up.status_code) == (200, 503)


async def test_the_operator_can_make_it_behave_again(anna, operator):
    await operator.misbehave("server_error_before", times=100)

    await operator.behave()

    assert (await anna.post("Hej")).status_code == 201


async def test_the_operator_can_empty_the_timeline(anna, operator):
    await anna.post("Hej", key="share-1")

    await operator.forget_posts()

    assert await operator.posted() == []
    assert (await anna.post("Davs", key="share-1")).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "explode"},
        {"kind": "hang", "route": "GET /typo"},
        {"kind": "hang", "times": 0},
        {"kind": "show_late", "route": "GET /api/me"},
        {"kind": "revoke_token", "route": "POST /oauth/token"},
    ],
)
async def test_a_fault_that_could_never_show_is_refused(web, body):
    headers = {"Authorization": "Bearer let-me-in"}

    answer = await web.post("/sandbox/misbehaviours", json=body, headers=headers)

    assert answer.status_code == 422


@pytest.mark.parametrize("authorization", ["", "Bearer guess"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/sandbox/misbehaviours"),
        ("GET", "/sandbox/misbehaviours"),
        ("DELETE", "/sandbox/misbehaviours"),
        ("GET", "/sandbox/posts"),
        ("DELETE", "/sandbox/posts"),
    ],
)
async def test_the_operator_s_door_is_closed_to_others(web, method, path, authorization):
    answer = await web.request(method, path, headers={"Authorization": authorization})

    assert answer.status_code == 401
