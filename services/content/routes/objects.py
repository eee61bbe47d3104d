"""The door of the folder that stands in for S3: addresses that we signed, and no token."""

import re
from typing import Annotated

from fastapi import Path, Request, status
from fastapi.responses import Response, StreamingResponse

from chassis.callers import Now
from chassis.problems import refuses
from chassis.routing import Router
from contracts.content import MEDIA_BYTES_MAX
from services.content.objects import signing
from services.content.objects.folder import DOOR, ObjectMissing, ObjectSizeWrong, pieces_of
from services.content.routes.outside import Folder

router = Router(prefix=DOOR)

SENDING = re.compile(rf"{re.escape(DOOR)}/[^/]+")
"""The paths at which more comes in than elsewhere."""

Token = Annotated[
    str,
    Path(
        min_length=1,
        max_length=signing.TOKEN_CHARS_MAX,
        pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$",
        description="The end of an address as it was answered.",
    ),
]

_PICTURE = {"image/*": {"schema": {"type": "string", "format": "binary"}}}

# A browser that opens it shows a picture, and runs nothing, whatever it holds.
_HARMLESS = {
    "cache-control": "private, max-age=300, immutable",
    "content-disposition": "inline",
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
}


@router.put(
    "/{token}",
    status_code=status.HTTP_204_NO_CONTENT,
    # Counted by us, with a refusal that says what was announced; this is what stands behind it.
    max_body_size=MEDIA_BYTES_MAX + 1,
    openapi_extra={"requestBody": {"required": True, "content": _PICTURE}},
    **refuses(signing.AddressRefused, signing.AddressExpired, ObjectSizeWrong),
)
async def send_object(token: Token, request: Request, folder: Folder, clock: Now) -> Response:
    """Send the bytes of an upload, as many as were announced; sending them again replaces them."""
    length = request.headers.get("content-length")
    announced = int(length) if length is not None else None
    await folder.take_in(token, request.stream(), announced=announced, at=clock.now())
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.get(
    "/{token}",
    response_class=Response,
    openapi_extra={"responses": {"200": {"content": _PICTURE}}},
    **refuses(signing.AddressRefused, signing.AddressExpired, ObjectMissing),
)
async def fetch_object(token: Token, folder: Folder, clock: Now) -> Response:
    """Fetch a picture."""
    grant, opened = await folder.open(token, at=clock.now())
    headers = {**_HARMLESS, "content-length": str(grant.bytes)}
    return StreamingResponse(pieces_of(opened), headers=headers, media_type=grant.content_type)
