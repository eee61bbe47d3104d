"""A path that is there refuses what nobody documented for it."""

import httpx2
import pytest

from tests.fuzz.grounds import Grounds
from tests.journeys.matrix import OPERATIONS
from tests.world import problem_of

PATHS = sorted({path for (_, path), one in OPERATIONS.items() if not one.streams})
"""Of services; that the gateway's stream is read by GET alone, tests/gateway/stream knows."""
METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
TIMEOUT_S = 20


@pytest.mark.parametrize("path", PATHS)
def test_a_method_that_a_path_does_not_know_is_refused(grounds: Grounds, path: str) -> None:
    known = {method for method, documented in OPERATIONS if documented == path}
    address = grounds.address_of(path)

    with httpx2.Client(base_url=address, timeout=TIMEOUT_S, trust_env=False) as client:
        for method in (one for one in METHODS if one not in known):
            answer = client.request(method, path)

            # `/v1/accounts/callback` may be meant as an account's own path, too.
            expected = {(405, "method-not-allowed"), (401, "token-missing")}
            assert (answer.status_code, problem_of(answer)) in expected, (method, answer.text)
            if answer.status_code == 405:
                assert known & set(answer.headers["allow"].split(", "))
