"""Where sharing keeps sealed secrets, and where each belongs: for those who seal them anew."""

from chassis.sealing import SealedColumn
from services.sharing.domain.accounts import TokenKind, door_place, place_of


def _token(kind: TokenKind) -> SealedColumn:
    return SealedColumn(
        "accounts", kind, "account_id", lambda row: place_of(row["account_id"], kind)
    )


SEALED = (
    _token("access_token"),
    _token("refresh_token"),
    # After the accounts: a token that is let go moves from there to here.
    SealedColumn("revocations", "token", "revocation_id", lambda row: str(row["place"])),
    SealedColumn(
        "connection_doors", "verifier", "state_hash", lambda row: door_place(row["state_hash"])
    ),
)
