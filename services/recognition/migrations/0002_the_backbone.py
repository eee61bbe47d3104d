"""The outbox by days, letters to settle, answers given twice; and news that comes out of order."""

from chassis.backbone import strengthen_backbone, weaken_backbone
from chassis.migrating import protect, run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the chassis's tables up to date, and keep when somebody said what."""
    strengthen_backbone()
    run(_STEPS)
    protect("enrolment_steps")


def downgrade() -> None:
    """Bring them back; a no is a row less again."""
    run(
        """
        drop table enrolment_steps;
        update stays set joined_at = 'epoch' where joined_at is null and left_at is null;
        alter table stays add check (joined_at is not null or left_at is not null);
        delete from ranking_consents where not given;
        alter table ranking_consents drop column given, drop column as_of;
        """
    )
    weaken_backbone()


# Of those who take part now it is known in which programs; of earlier stays it was not kept.
_STEPS = """
    create table enrolment_steps (
        tenant_id uuid not null,
        event_id uuid not null,
        place bigint not null generated always as identity,
        person_id uuid not null,
        program_id uuid not null,
        joined boolean not null,
        at timestamptz not null,
        primary key (tenant_id, event_id)
    );
    create index enrolment_steps_of_person on enrolment_steps (tenant_id, person_id);
    insert into enrolment_steps (tenant_id, event_id, person_id, program_id, joined, at)
        select stays.tenant_id, gen_random_uuid(), person_id, program_id, true, joined_at
        from stays join enrolments using (tenant_id, person_id)
        where left_at is null and joined_at is not null
        union all
        select tenant_id, gen_random_uuid(), person_id, '00000000-0000-0000-0000-000000000000',
               joined, at
        from stays cross join lateral (values (true, joined_at), (false, left_at)) as v (joined, at)
        where left_at is not null and at is not null
        order by 6, 5 desc;
    alter table stays drop constraint stays_check;
    alter table ranking_consents
        add column given boolean not null default true,
        add column as_of timestamptz not null default now();
    update ranking_consents set as_of = coalesce(
        (select max(joined_at) from stays where stays.tenant_id = ranking_consents.tenant_id
         and stays.person_id = ranking_consents.person_id), 'epoch');
"""
