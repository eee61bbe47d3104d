"""Pauses of everything, and until when what is live is live."""

from chassis.migrating import protect, run, service_name

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let everything be paused; let ends be found, also those that were over before."""
    run(
        """
        create table pauses (
            tenant_id uuid not null,
            pause_id uuid not null,
            reason varchar(1000) not null,
            paused_by uuid not null,
            paused_at timestamptz not null,
            until timestamptz,
            ended_at timestamptz,
            lifted_by uuid,
            primary key (tenant_id, pause_id)
        );
        create unique index pauses_not_ended on pauses (tenant_id) where ended_at is null;
        alter table stories
            add column live_until timestamptz,
            add column expired boolean not null default false;
        update stories set live_until = version.expires_at from story_versions version
        where version.tenant_id = stories.tenant_id and version.story_id = stories.story_id
        and version.version = stories.live_version and version.expires_at is not null;
        create index stories_to_expire on stories (live_until)
            where live_until is not null and not expired;
        """
    )
    protect("pauses", swept=["pauses"])
    # Who stopped everything, when and why, is evidence.
    run(f"revoke delete on pauses from {service_name()}_app;\n")
    run(
        f"""
        create policy sweep on stories for select to {service_name()}_relay using (true);
        grant select on stories to {service_name()}_relay;
        """
    )


def downgrade() -> None:
    """Let nothing be paused, and ends be everybody's own to see."""
    run(
        """
        drop policy sweep on stories;
        drop index stories_to_expire;
        alter table stories drop column live_until, drop column expired;
        drop table pauses;
        """
    )
    run(f"revoke all on stories from {service_name()}_relay;\n")
