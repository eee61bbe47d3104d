"""Seals: a secret opens with its tenant's key, in its own place, unchanged, and nowhere else."""

import base64
import os
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from chassis.crypto import (
    FIRST_KEY,
    NUMBER_MAX,
    KeyMissing,
    PlatformKeys,
    SealBroken,
    WrappedKey,
    new_key,
    number_of,
    read_key,
    sealed_with,
)
from chassis.ids import new_id
from chassis.schemas import storable
from chassis.settings import SealingSettings

TENANT, PLACE = new_id(), "accounts/1/access_token"
KEYS = PlatformKeys({"first": new_key(), "second": new_key()}, "first")
KEPT = KEYS.make(TENANT, 7)
SECRETS = st.text().filter(storable)


def every_change(sealed: bytes) -> Iterator[bytes]:
    """Answer what comes of a flipped bit in any byte, of any end cut off, of any byte more."""
    for at in range(len(sealed)):
        for bit in range(8):
            yield sealed[:at] + bytes([sealed[at] ^ 1 << bit]) + sealed[at + 1 :]
        yield sealed[:at]
    yield sealed + b"\x00"


def sealed_before(key: str, secret: str, tenant_id: UUID, place: str) -> bytes:
    """Answer what earlier releases stored: sealed by the platform key itself."""
    nonce = os.urandom(12)
    bound_to = b"|".join((b"\x01", tenant_id.bytes, place.encode()))
    return b"\x01" + nonce + AESGCM(read_key(key)).encrypt(nonce, secret.encode(), bound_to)


@given(secret=SECRETS, place=SECRETS, number=st.integers(1, NUMBER_MAX), tenant_id=st.uuids())
def test_what_is_sealed_opens(secret: str, place: str, number: int, tenant_id: UUID) -> None:
    kept = KEYS.make(tenant_id, number)

    sealed = KEYS.unwrap(kept).close(secret, place=place)

    assert KEYS.unwrap(kept).open(sealed, place=place) == secret
    assert number_of(sealed) == number
    assert sealed.startswith(sealed_with(number))


def test_nothing_is_sealed_twice_alike() -> None:
    key = KEYS.unwrap(KEPT)

    assert len({key.close("secret", place=PLACE) for _ in range(100)}) == 100
    assert len({KEYS.rewrap(KEPT).wrapped for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("kept", "place"),
    [
        (KEPT, "accounts/2/access_token"),
        (KEPT, ""),
        (KEYS.make(TENANT, 8), PLACE),
        (KEYS.make(TENANT, 7), PLACE),
        (KEYS.make(new_id(), 7), PLACE),
    ],
    ids=["another place", "no place", "another number", "another key", "another tenant"],
)
def test_a_secret_opens_nowhere_else(kept: WrappedKey, place: str) -> None:
    sealed = KEYS.unwrap(KEPT).close("secret", place=PLACE)

    with pytest.raises(SealBroken):
        KEYS.unwrap(kept).open(sealed, place=place)


@pytest.mark.parametrize(
    "changes",
    [
        {"tenant_id": new_id()},
        {"number": 8},
        {"wrapped_by": "second"},
        {"wrapped": KEYS.make(new_id(), 7).wrapped},
        {"wrapped": KEYS.make(TENANT, 8).wrapped},
    ],
    ids=["another tenant", "another number", "another platform key", "their key", "another key"],
)
def test_a_wrapped_key_unwraps_nowhere_else(changes: dict[str, object]) -> None:
    with pytest.raises(SealBroken):
        KEYS.unwrap(replace(KEPT, **changes))  # type: ignore[arg-type]


def test_the_same_key_under_another_tenants_name_opens_nothing() -> None:
    raw = os.urandom(32)
    ours, theirs = (KEYS.unwrap(KEYS._wrap(tenant_id, 7, raw)) for tenant_id in (TENANT, new_id()))

    sealed = ours.close("secret", place=PLACE)

    assert ours.open(sealed, place=PLACE) == "secret"
    with pytest.raises(SealBroken):
        theirs.open(sealed, place=PLACE)


def test_a_changed_secret_does_not_open() -> None:
    key = KEYS.unwrap(KEPT)
    sealed = key.close("secret", place=PLACE)

    for changed in every_change(sealed):
        with pytest.raises(SealBroken):
            key.open(changed, place=PLACE)


def test_a_changed_wrapped_key_does_not_unwrap() -> None:
    for changed in every_change(KEPT.wrapped):
        with pytest.raises(SealBroken):
            KEYS.unwrap(replace(KEPT, wrapped=changed))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x00",
        b"\x02",
        b"\x02\x00\x00\x00",
        b"\x02" + bytes(4),
        b"\x02\xff\xff\xff\xff",
        b"\x03",
    ],
)
def test_what_no_key_can_have_sealed_is_told_apart(head: bytes) -> None:
    with pytest.raises(SealBroken):
        number_of(head if len(head) < 4 else head + bytes(40))


def test_what_earlier_releases_sealed_still_opens() -> None:
    first = new_key()
    keys = PlatformKeys({FIRST_KEY: first, "second": new_key()}, "second")
    sealed = sealed_before(first, "secret", TENANT, PLACE)

    assert number_of(sealed) is None
    assert keys.open_before(sealed, tenant_id=TENANT, place=PLACE) == "secret"
    for whose, place in ((new_id(), PLACE), (TENANT, "elsewhere")):
        with pytest.raises(SealBroken):
            keys.open_before(sealed, tenant_id=whose, place=place)
    for changed in every_change(sealed):
        with pytest.raises(SealBroken):
            keys.open_before(changed, tenant_id=TENANT, place=PLACE)


def test_a_wrapped_key_cannot_be_passed_off_as_a_secret() -> None:
    kept = KEYS.make(TENANT, 7)

    for place in (PLACE, "", "first"):
        with pytest.raises(SealBroken):
            KEYS.open_before(kept.wrapped, tenant_id=TENANT, place=place)


def test_a_missing_platform_key_is_named_by_its_id() -> None:
    elsewhere = PlatformKeys({"third": new_key()}, "third")

    with pytest.raises(KeyMissing, match="'first'"):
        elsewhere.unwrap(KEPT)
    with pytest.raises(KeyMissing, match="'first'"):
        elsewhere.open_before(b"\x01" + bytes(40), tenant_id=TENANT, place=PLACE)


def test_rewrapping_keeps_the_key_and_changes_who_wraps() -> None:
    first, second = new_key(), new_key()
    before = PlatformKeys({"first": first}, "first")
    after = PlatformKeys({"first": first, "second": second}, "second")
    kept = before.make(TENANT, 1)
    sealed = before.unwrap(kept).close("secret", place=PLACE)

    rewrapped = after.rewrap(kept)

    alone = PlatformKeys({"second": second}, "second")
    assert rewrapped.wrapped_by == "second"
    assert alone.unwrap(rewrapped).open(sealed, place=PLACE) == "secret"
    with pytest.raises(KeyMissing):
        before.unwrap(rewrapped)


def test_no_key_is_shown_by_what_holds_it() -> None:
    secret = new_key()
    keys = PlatformKeys({"first": secret}, "first")
    raw = read_key(secret)
    held = [keys, keys.make(TENANT, 1), keys.unwrap(keys.make(TENANT, 1))]
    settings = SealingSettings(database_password=SecretStr("x"), sealing_key=secret)

    shown = " ".join(repr(one) + str(one) for one in (*held, settings))

    assert secret not in shown
    assert repr(raw)[2:-1] not in shown
    assert raw.hex() not in shown


OTHER = new_key()


@pytest.mark.parametrize("key", ["", "short", "!" * 43, "å" * 43, "A" * 44, "A" * 42 + "\n"])
def test_a_key_that_is_none_is_refused_at_the_start(key: str) -> None:
    for given_as in ({"sealing_key": key}, {"sealing_keys": {"other": key}}):
        with pytest.raises(ValidationError, match="sealing key") as refused:
            SealingSettings(database_password=SecretStr("x"), **given_as)

        assert not key or key not in str(refused.value)


@pytest.mark.parametrize(
    ("given_as", "setting"),
    [
        ({}, "sealing_key_current"),
        ({"sealing_keys": {"other": OTHER}}, "sealing_key_current"),
        ({"sealing_key": OTHER, "sealing_key_current": "other"}, "sealing_key_current"),
        ({"sealing_key": OTHER, "sealing_keys": {"first": OTHER}}, "sealing_keys"),
        ({"sealing_key": OTHER, "sealing_keys": {OTHER + "Å": "other"}}, "sealing_keys"),
        ({"sealing_key": OTHER, "sealing_key_current": OTHER}, "sealing_key_current"),
    ],
    ids=["no key", "none is current", "unknown current", "first twice", "swapped", "key for id"],
)
def test_keys_that_cannot_be_used_are_refused_by_the_settings_name(
    given_as: dict[str, object], setting: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        SealingSettings(database_password=SecretStr("x"), **given_as)  # type: ignore[arg-type]

    [error] = refused.value.errors(include_input=False)
    assert error["loc"] == (setting,)
    assert OTHER not in str(refused.value)


@pytest.mark.parametrize(
    ("given_as", "current", "ids"),
    [
        ({"sealing_key": OTHER}, "first", ["first"]),
        ({"sealing_keys": {"first": OTHER}}, "first", ["first"]),
        (
            {"sealing_key": OTHER, "sealing_keys": {"b.2": OTHER}, "sealing_key_current": "b.2"},
            "b.2",
            ["b.2", "first"],
        ),
        ({"sealing_keys": {"b": OTHER}, "sealing_key_current": "b"}, "b", ["b"]),
    ],
)
def test_one_key_or_many_by_their_ids(
    given_as: dict[str, object], current: str, ids: list[str]
) -> None:
    settings = SealingSettings(database_password=SecretStr("x"), **given_as)  # type: ignore[arg-type]

    keys = settings.platform_keys()

    assert (keys.current, keys.ids) == (current, ids)


def test_a_new_key_is_one() -> None:
    made = {new_key() for _ in range(100)}

    assert len(made) == 100
    assert {len(read_key(key)) for key in made} == {32}
    assert all(base64.urlsafe_b64encode(read_key(key)).decode().rstrip("=") == key for key in made)
