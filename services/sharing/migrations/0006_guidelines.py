"""The rules of guidelines, as content announces them, and what they found in a share."""

from chassis.migrating import protect, run

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for the rules that texts are checked against."""
    run(
        """
        create table guidelines (
            tenant_id uuid not null,
            guideline_id uuid not null,
            version integer not null,
            rules jsonb not null,
            retired boolean not null,
            primary key (tenant_id, guideline_id)
        );
        alter table shares add column findings jsonb not null default '[]';
        """
    )
    protect("guidelines")


def downgrade() -> None:
    """Forget them."""
    run("alter table shares drop column findings;")
    run("drop table guidelines;")
