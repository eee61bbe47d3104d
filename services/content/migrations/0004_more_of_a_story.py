"""Stories have a kind, a class, a preview of their link, pictures, examples and contributors."""

from chassis.migrating import run

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let stories say more; those that there are say nothing of it."""
    run(
        """
        alter table story_versions
            add column kind varchar(32) not null default 'article',
            add column communication_class varchar(32) not null default 'static',
            add column preview jsonb,
            add column media jsonb not null default '[]',
            add column examples jsonb not null default '[]',
            add column contributor_ids uuid[] not null default '{}';
        """
    )


def downgrade() -> None:
    """Let them say less again."""
    run(
        """
        alter table story_versions
            drop column kind,
            drop column communication_class,
            drop column preview,
            drop column media,
            drop column examples,
            drop column contributor_ids;
        """
    )
