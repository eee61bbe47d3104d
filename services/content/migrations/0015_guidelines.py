"""Guidelines in versions, and who has acknowledged which."""

from chassis.migrating import protect, run

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for what a company asks of texts."""
    run(
        """
        create table guidelines (
            tenant_id uuid not null,
            guideline_id uuid not null,
            version integer not null,
            published_version integer,
            created_at timestamptz not null,
            retired_at timestamptz,
            primary key (tenant_id, guideline_id)
        );
        create table guideline_versions (
            tenant_id uuid not null,
            guideline_id uuid not null,
            version integer not null,
            name varchar(200) not null,
            advice jsonb not null,
            rules jsonb not null,
            team_ids uuid[] not null,
            regions varchar(100)[] not null,
            countries varchar(2)[] not null,
            languages varchar(35)[] not null,
            published_at timestamptz,
            primary key (tenant_id, guideline_id, version),
            foreign key (tenant_id, guideline_id) references guidelines (tenant_id, guideline_id)
        );
        create table guideline_acknowledgements (
            tenant_id uuid not null,
            guideline_id uuid not null,
            version integer not null,
            person_id uuid not null,
            acknowledgement_id uuid not null,
            acknowledged_at timestamptz not null,
            primary key (tenant_id, guideline_id, version, person_id),
            foreign key (tenant_id, guideline_id, version)
                references guideline_versions (tenant_id, guideline_id, version)
        );
        """
    )
    protect("guidelines", "guideline_versions", "guideline_acknowledgements")


def downgrade() -> None:
    """Forget them."""
    run(
        """
        drop table guideline_acknowledgements;
        drop table guideline_versions;
        drop table guidelines;
        """
    )
