"""Every route hangs where it is given HTTP's manners, and can keep them."""

import inspect
from collections.abc import Iterator

from chassis.callers import Transaction
from chassis.routing import Route
from fortaler import services

WITHOUT_A_TRANSACTION = {
    "complete_upload": "A picture is made anew between two short ones; twice is once by itself.",
    "report_engagements": "It goes to Kafka, and its items carry keys of their own.",
}
"""POSTs that leave no answer in the transaction of their effect, each with its reason."""


def routes() -> Iterator[Route]:
    for name in services.NAMES:
        for router in services.load(name).routers:
            for route in router.routes:
                assert isinstance(route, Route), f"{route} of {name} keeps no manners."
                yield route


def test_every_post_has_the_transaction_in_which_its_answer_is_kept() -> None:
    without = {
        route.name
        for route in routes()
        if "POST" in (route.methods or ())
        and Transaction
        not in {one.annotation for one in inspect.signature(route.endpoint).parameters.values()}
    }

    assert without == set(WITHOUT_A_TRANSACTION)
