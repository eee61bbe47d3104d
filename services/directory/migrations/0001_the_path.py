"""Tenants, teams and people."""

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
        create table tenant_doors (
            tenant_id uuid primary key,
            slug varchar(63) not null unique,
            issuer text not null unique,
            name varchar(200) not null,
            active boolean not null
        );
        grant select, insert, update on tenant_doors to {service_name()}_app;
        create table tenants (
            tenant_id uuid primary key,
            slug varchar(63) not null,
            name varchar(200) not null,
            issuer text not null,
            jwks_uri text not null,
            audience varchar(255) not null,
            country varchar(2) not null,
            language varchar(35) not null,
            time_zone varchar(64) not null,
            active boolean not null
        );
        create table teams (
            tenant_id uuid not null,
            team_id uuid not null,
            name varchar(100) not null,
            primary key (tenant_id, team_id),
            unique (tenant_id, name)
        );
        create table people (
            tenant_id uuid not null,
            person_id uuid not null,
            subject varchar(255) not null,
            display_name varchar(200) not null,
            team_id uuid,
            region varchar(100),
            country varchar(2),
            language varchar(35),
            time_zone varchar(64),
            leader boolean not null,
            roles varchar(32)[] not null,
            active boolean not null,
            primary key (tenant_id, person_id),
            unique (tenant_id, subject),
            foreign key (tenant_id, team_id) references teams (tenant_id, team_id)
        );
        create index people_of_team on people (tenant_id, team_id, person_id);
        """
    )
    protect("tenants", "teams", "people")


def downgrade() -> None:
    """Drop them again."""
    run("drop table people;\ndrop table teams;\ndrop table tenants;\ndrop table tenant_doors;\n")
    drop_backbone()
