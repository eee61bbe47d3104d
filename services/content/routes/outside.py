"""What routes ask for besides the caller: the object store, and the running process."""

from typing import Annotated

from fastapi import Depends, Request

from chassis.service import Context
from services.content.objects.folder import Folder as OpenFolder
from services.content.objects.keeping import Objects as OpenObjects
from services.content.objects.signing import AddressRefused


def read_objects(request: Request) -> OpenObjects:
    """Answer the object store of this process."""
    objects: OpenObjects = request.app.state.resources
    return objects


def read_folder(request: Request) -> OpenFolder:
    """Answer the folder that stands in for S3; raises AddressRefused where there is none."""
    addresses = read_objects(request).addresses
    if not isinstance(addresses, OpenFolder):
        raise AddressRefused("Pictures lie elsewhere; their addresses lead there.")
    return addresses


def read_context(request: Request) -> Context:
    """Answer the running process, for what waits for more than a transaction should."""
    context: Context = request.app.state.context
    return context


Objects = Annotated[OpenObjects, Depends(read_objects)]
Folder = Annotated[OpenFolder, Depends(read_folder)]
Process = Annotated[Context, Depends(read_context)]
