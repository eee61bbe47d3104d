"""Links, shares, and what came of them."""

from chassis.backbone import create_backbone, drop_backbone
from chassis.migrating import protect, run, service_name

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables."""
    create_backbone()
    run(
        f"""
        create table link_doors (
            code varchar(32) primary key,
            tenant_id uuid not null,
            share_id uuid not null,
            target text not null
        );
        grant select, insert on link_doors to {service_name()}_app;
        create table subjects (
            tenant_id uuid not null,
            subject_kind varchar(16) not null,
            subject_id uuid not null,
            primary key (tenant_id, subject_kind, subject_id)
        );
        create table shares (
            tenant_id uuid not null,
            share_id uuid not null,
            story_id uuid not null,
            campaign_id uuid,
            person_id uuid not null,
            network varchar(32) not null,
            code varchar(32),
            published boolean not null,
            primary key (tenant_id, share_id)
        );
        create index shares_of_story on shares (tenant_id, story_id, person_id);
        create index shares_of_campaign on shares (tenant_id, campaign_id, person_id);
        create index shares_of_person on shares (tenant_id, person_id);
        create table share_windows (
            tenant_id uuid not null,
            share_id uuid not null,
            kind varchar(16) not null,
            window_start timestamptz not null,
            counted bigint not null,
            robots bigint not null,
            revision bigint not null,
            primary key (tenant_id, share_id, kind, window_start)
        );
        create table daily_rollups (
            tenant_id uuid not null,
            subject_kind varchar(16) not null,
            subject_id uuid not null,
            day date not null,
            kind varchar(16) not null,
            source varchar(40) not null,
            counted bigint not null,
            robots bigint not null,
            updated_at timestamptz not null,
            primary key (tenant_id, subject_kind, subject_id, day, kind, source)
        );
        create table early_engagements (
            tenant_id uuid not null,
            event_id uuid not null,
            share_id uuid not null,
            kind varchar(16) not null,
            source varchar(40) not null,
            happened_at timestamptz not null,
            suspected_robot boolean not null,
            primary key (tenant_id, event_id)
        );
        create index early_engagements_of_share on early_engagements (tenant_id, share_id);
        """
    )
    protect("subjects", "shares", "share_windows", "daily_rollups", "early_engagements")


def downgrade() -> None:
    """Drop them again."""
    run(
        """
        drop table early_engagements;
        drop table daily_rollups;
        drop table share_windows;
        drop table shares;
        drop table subjects;
        drop table link_doors;
        """
    )
    drop_backbone()
