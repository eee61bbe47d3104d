"""How rows find the person that they name, in the service's own copy of the directory."""

from typing import Any

from sqlalchemy import and_

from chassis.people import PEOPLE


def is_person(tenant_id: Any, person_id: Any, people: Any = PEOPLE) -> Any:
    """Answer the condition that joins a person's name to a row that has its id."""
    return and_(people.c.tenant_id == tenant_id, people.c.person_id == person_id)
