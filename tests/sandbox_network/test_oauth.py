"""A client gets access only by the steps of RFC 6749 and RFC 7636."""

from datetime import timedelta

import pytest


async def test_a_person_who_allows_lets_the_client_act_for_them(visitor, read_redirect):
    form = visitor.authorization | {"handle": "@Anna_Holm", "decision": "allow"}

    redirect = await visitor.web.post("/oauth/authorize", data=form)
    tokens = (await visitor.redeem(read_redirect(redirect)["code"])).json()

    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    me = (await visitor.web.get("/api/me", headers=bearer)).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 7200)
    assert (me["handle"], me["display_name"]) == ("anna_holm", "Anna Holm")


async def test_a_person_who_denies_is_sent_back_without_a_code(visitor, read_redirect):
    form = visitor.authorization | {"handle": "anna_holm", "decision": "deny"}

    redirect = await visitor.web.post("/oauth/authorize", data=form)

    assert read_redirect(redirect)["error"] == "access_denied"
    assert read_redirect(redirect)["state"] == "s-1"


async def test_the_consent_page_shows_who_asks_and_escapes_what_it_is_told(visitor):
    page = await visitor.authorize(prompt="", login_hint='"><script>alert(1)</script>')

    assert page.status_code == 200
    assert "<b>fortaler</b>" in page.text
    assert "<script>" not in page.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"login_hint": ""}, "login_required"),
    ],
)
async def test_a_faulty_request_is_told_to_the_client(visitor, read_redirect, changes, error):
    redirect = await visitor.authorize(**changes)

    assert read_redirect(redirect)["error"] == error


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "stranger"},
        {"redirect_uri": "http://evil.test/v1/accounts/callback"},
        {"redirect_uri": "http://localhost:8080.evil.test/v1/accounts/callback"},
        {"redirect_uri": "http://localhost:8080/v1/accounts/../evil"},
        {"redirect_uri": "http://localhost:8080/other"},
    ],
)
async def test_nobody_is_redirected_to_an_unregistered_place(visitor, changes):
    answer = await visitor.authorize(**changes)

    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_a_wrong_verifier_gets_nothing_and_burns_the_code(visitor):
    code = await visitor.get_code()

    guessed = await visitor.redeem(code, code_verifier="x" * 43)
    second = await visitor.redeem(code)

    assert (guessed.status_code, guessed.json()["error"]) == (400, "invalid_grant")
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")


async def test_a_code_lives_a_minute(visitor, clock):
    code = await visitor.get_code()

    clock.advance(timedelta(seconds=61))

    assert (await visitor.redeem(code)).json()["error"] == "invalid_grant"


async def test_a_code_used_twice_kills_what_it_gave(visitor):
    code = await visitor.get_code()
    tokens = (await visitor.redeem(code)).json()

    again = await visitor.redeem(code)

    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert again.json()["error"] == "invalid_grant"
    assert (await visitor.web.get("/api/me", headers=bearer)).status_code == 401


async def test_a_code_is_bound_to_its_redirect_address(visitor):
    code = await visitor.get_code()

    answer = await visitor.redeem(code, redirect_uri="http://localhost:8080/v1/accounts/other")

    assert answer.json()["error"] == "invalid_grant"


async def test_a_client_must_prove_itself(visitor):
    code = await visitor.get_code()

    answer = await visitor.redeem(code, client_secret="guess")

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")


async def test_a_client_may_prove_itself_by_basic_authentication(visitor):
    code = await visitor.get_code()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": visitor.authorization["redirect_uri"],
        "code_verifier": "correct-horse-battery-staple-correct-horse-battery",
    }

    answer = await visitor.web.post("/oauth/token", data=form, auth=("fortaler", "hush"))

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


async def test_other_grants_are_not_offered(visitor):
    answer = await visitor.redeem("any", grant_type="password")

    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


async def test_an_access_token_ends_after_two_hours_and_a_refresh_helps(anna, clock):
    clock.advance(timedelta(hours=2))
    late = await anna.get("/api/me")

    anna.tokens = (await anna.refresh()).json()

    assert late.status_code == 401
    assert 'error="invalid_token"' in late.headers["www-authenticate"]
    assert (await anna.get("/api/me")).status_code == 200


async def test_a_replayed_refresh_token_kills_the_grant(anna):
    rotated = (await anna.refresh()).json()

    replay = await anna.refresh()

    anna.tokens = rotated
    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
    assert (await anna.get("/api/me")).status_code == 401
    assert (await anna.refresh()).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_a_revoked_token_ends_the_grant(anna, which):
    form = {"client_id": "fortaler", "client_secret": "hush", "token": anna.tokens[which]}

    answer = await anna.web.post("/oauth/revoke", data=form)

    assert answer.status_code == 200
    assert (await anna.get("/api/me")).status_code == 401
    assert (await anna.refresh()).json()["error"] == "invalid_grant"


async def test_revoking_an_unknown_token_is_no_error(anna):
    form = {"client_id": "fortaler", "client_secret": "hush", "token": "never-seen"}

    answer = await anna.web.post("/oauth/revoke", data=form)

    assert answer.status_code == 200
    assert (await anna.get("/api/me")).status_code == 200


async def test_a_token_without_the_scope_may_not_post(visitor):
    reader = await visitor.log_in("anna_holm", scope="profile read:posts")

    answer = await reader.post("Hej")

    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


async def test_the_metadata_names_the_doors(visitor):
    metadata = (await visitor.web.get("/.well-known/oauth-authorization-server")).json()

    assert metadata["token_endpoint"] == "http://sandbox.test/oauth/token"
    assert metadata["code_challenge_methods_supported"] == ["S256"]
