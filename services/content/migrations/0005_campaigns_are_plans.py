"""Campaigns have owners, objectives and contributors, and who decided what about plans is kept."""

from chassis.migrating import protect, run, service_name

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let campaigns say what they are for, and whom they ask to take part."""
    run(
        """
        alter table campaigns
            add column description text,
            add column owner_ids uuid[] not null default '{}',
            add column objectives jsonb not null default '[]',
            add column revision integer not null default 0,
            add column changed_at timestamptz;
        update campaigns set changed_at = coalesce(closed_at, opened_at);
        alter table campaigns alter column changed_at set not null;
        create table plan_invitations (
            tenant_id uuid not null,
            invitation_id uuid not null,
            campaign_id uuid,
            item_id uuid,
            person_id uuid not null,
            answer varchar(16) not null,
            invited_at timestamptz not null,
            answered_at timestamptz,
            primary key (tenant_id, invitation_id),
            foreign key (tenant_id, campaign_id) references campaigns (tenant_id, campaign_id),
            constraint plan_invitations_of_one check (num_nonnulls(campaign_id, item_id) = 1)
        );
        create unique index plan_invitations_once
            on plan_invitations (tenant_id, campaign_id, item_id, person_id) nulls not distinct;
        create index plan_invitations_of_person
            on plan_invitations (tenant_id, person_id, invitation_id);
        create table plan_trail (
            tenant_id uuid not null,
            subject_id uuid not null,
            position integer not null,
            act varchar(32) not null,
            actor_id uuid not null,
            reason text,
            happened_at timestamptz not null,
            primary key (tenant_id, subject_id, position)
        );
        """
    )
    protect("plan_invitations", "plan_trail")
    # Who decided what is evidence: the service itself must not be able to change or lose it (C3).
    run(f"revoke update, delete on plan_trail from {service_name()}_app;\n")


def downgrade() -> None:
    """Let them be names with a purpose again."""
    run(
        """
        drop table plan_trail;
        drop table plan_invitations;
        alter table campaigns
            drop column description,
            drop column owner_ids,
            drop column objectives,
            drop column revision,
            drop column changed_at;
        """
    )
