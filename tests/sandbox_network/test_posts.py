"""Posting, looking up, reacting: what an adapter builds on."""

from datetime import timedelta

import pytest

LONG_LINK = "https://example.org/" + "a" * 200


async def test_a_post_is_there_for_its_author_and_for_everybody(anna):
    answer = await anna.post("Vi er 40 nu!", link="https://example.org/40", language="da")

    post = answer.json()
    page = await anna.web.get(post["url"])
    assert answer.status_code == 201
    assert post["url"] == f"http://sandbox.test/@anna_holm/{post['id']}"
    assert post["created_at"] == "2026-11-24T09:00:00Z"
    assert (await anna.get(f"/api/posts/{post['id']}")).json() == post
    assert "Vi er 40 nu!" in page.text
    assert "https://example.org/40" in page.text


async def test_a_page_shows_no_markup_of_its_author(anna):
    post = (await anna.post("<script>alert(1)</script>")).json()

    page = await anna.web.get(post["url"])

    assert "<script>" not in page.text


@pytest.mark.parametrize(
    "body",
    [
        {"text": "x" * 501},
        {"text": "x" * 478 + LONG_LINK},
        {"text": " "},
        {"text": 5},
        {},
        {"text": "Hej", "link": "javascript:alert(1)"},
        {"text": "Hej", "language": "dansk!"},
        {"text": "Hej", "colour": "red"},
    ],
)
async def test_an_unfit_post_is_refused_with_a_reason(anna, body):
    answer = await anna.web.post("/api/posts", json=body, headers=anna.bearer)

    assert (answer.status_code, answer.json()["error"]) == (422, "validation_failed")
    assert answer.json()["error_description"]
    assert answer.headers["x-ratelimit-remaining"] == "299"


async def test_every_address_counts_as_23_characters(anna):
    assert (await anna.post("x" * 477 + LONG_LINK)).status_code == 201


async def test_a_repeated_key_gives_the_first_post_again(anna, operator):
    first = await anna.post("Hej", key="share-1")

    second = await anna.post("Hej", key="share-1")

    assert (second.status_code, second.json()) == (201, first.json())
    assert len(await operator.posted()) == 1


async def test_a_key_with_another_text_is_refused(anna, operator):
    await anna.post("Hej", key="share-1")

    answer = await anna.post("Davs", key="share-1")

    assert (answer.status_code, answer.json()["error"]) == (422, "idempotency_key_reused")
    assert len(await operator.posted()) == 1


async def test_a_key_is_kept_for_an_hour(anna, clock):
    first = (await anna.post("Hej", key="share-1")).json()

    clock.advance(timedelta(minutes=59))
    within = (await anna.post("Hej", key="share-1")).json()
    clock.advance(timedelta(minutes=1))
    beyond = (await anna.post("Hej", key="share-1")).json()

    assert within["id"] == first["id"]
    assert beyond["id"] != first["id"]


async def test_a_key_belongs_to_one_account(anna, visitor, operator):
    bo = await visitor.log_in("bo")

    await anna.post("Hej", key="share-1")
    await bo.post("Davs", key="share-1")

    assert [post["handle"] for post in await operator.posted()] == ["anna_holm", "bo"]


async def test_a_key_does_not_bring_a_deleted_post_back(anna):
    post = (await anna.post("Hej", key="share-1")).json()
    await anna.delete(f"/api/posts/{post['id']}")

    answer = await anna.post("Hej", key="share-1")

    assert (answer.status_code, answer.json()["error"]) == (410, "post_deleted")


async def test_the_same_text_without_a_key_makes_two_posts(anna, operator):
    await anna.post("Hej")
    await anna.post("Hej")

    assert len(await operator.posted()) == 2


async def test_own_posts_are_listed_newest_first_and_found_by_their_key(anna, visitor):
    bo = await visitor.log_in("bo")
    for number in (1, 2, 3):
        await anna.post(f"Nummer {number}", key=f"share-{number}")
    await bo.post("Ikke Annas", key="share-2")

    newest = (await anna.get("/api/posts", author="me", limit=2)).json()["items"]
    found = (await anna.get("/api/posts", author="me", client_ref="share-2")).json()["items"]

    assert [post["text"] for post in newest] == ["Nummer 3", "Nummer 2"]
    assert [(post["text"], post["client_ref"]) for post in found] == [("Nummer 2", "share-2")]


async def test_a_key_is_shown_to_its_author_only(anna, visitor):
    bo = await visitor.log_in("bo")
    post = (await anna.post("Hej", key="share-1")).json()

    seen = (await bo.get(f"/api/posts/{post['id']}")).json()

    assert (seen["text"], seen["client_ref"]) == ("Hej", None)


async def test_a_deleted_post_is_gone_and_its_deletion_too(anna):
    post = (await anna.post("Hej")).json()

    first = await anna.delete(f"/api/posts/{post['id']}")
    second = await anna.delete(f"/api/posts/{post['id']}")

    assert (first.status_code, second.status_code) == (204, 404)
    assert (await anna.get(f"/api/posts/{post['id']}")).status_code == 404
    assert (await anna.web.get(post["url"])).status_code == 404


async def test_nobody_deletes_the_post_of_another(anna, visitor):
    bo = await visitor.log_in("bo")
    post = (await anna.post("Hej")).json()

    assert (await bo.delete(f"/api/posts/{post['id']}")).status_code == 404
    assert (await anna.get(f"/api/posts/{post['id']}")).status_code == 200


async def test_strangers_count_once_per_like_and_reshare_and_each_comment(anna):
    post = (await anna.post("Hej")).json()
    path = f"/api/posts/{post['id']}"

    for kind in ("likes", "comments", "reshares"):
        await anna.web.post(f"{path}/{kind}", json={"actor": "ida"})
        await anna.web.post(f"{path}/{kind}", json={"actor": "ida", "text": "Flot"})
    answer = await anna.web.post(f"{path}/likes", json={"actor": "jens"})

    counters = {"likes": 2, "comments": 2, "reshares": 1}
    assert (answer.status_code, answer.json()) == (201, counters)
    assert (await anna.get(path)).json()["counters"] == counters


async def test_nobody_reacts_to_a_post_that_is_not_there(web):
    answer = await web.post("/api/posts/nowhere/likes", json={"actor": "ida"})

    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_more_than_300_posts_in_five_minutes_are_refused(anna, clock, operator):
    for _ in range(300):
        last = await anna.post("Hej", key="share-1")

    one_too_many = await anna.post("Hej", key="share-1")

    assert last.headers["x-ratelimit-limit"] == "300"
    assert last.headers["x-ratelimit-remaining"] == "0"
    assert last.headers["x-ratelimit-reset"] == "2026-11-24T09:05:00+00:00"
    assert (one_too_many.status_code, one_too_many.headers["retry-after"]) == (429, "300")
    clock.advance(timedelta(minutes=5))
    assert (await anna.post("Hej", key="share-1")).status_code == 201


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Basic x"])
async def test_without_a_living_token_there_is_nothing_to_see(web, authorization):
    answer = await web.get("/api/me", headers={"Authorization": authorization})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_restart_forgets_neither_posts_nor_grants(restarted):
    before = await restarted()
    anna = await before.log_in("anna_holm")
    post = (await anna.post("Hej", key="share-1")).json()

    after = await restarted()
    anna.web = after.web
    found = (await anna.get(f"/api/posts/{post['id']}")).json()
    again = (await anna.post("Hej", key="share-1")).json()

    assert found == post
    assert again["id"] == post["id"]
