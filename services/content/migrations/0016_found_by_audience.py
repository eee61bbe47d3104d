"""Stories are found by all that an audience is made of, and by their makers; states are told apart.

A story that is live has the state `live` besides that of its working version, and `expired` in its
place once its end is over: what is counted is what a filter finds.
"""

from importlib import import_module

from chassis.migrating import run, run_whole

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index by more, and all stories anew."""
    run(NOBODY_SAVES)
    run_whole(INDEX_STORIES)
    run(INDEX_ALL)


def downgrade() -> None:
    """Index as before, and all stories anew."""
    before = import_module("services.content.migrations.0009_found_by_words")
    run(NOBODY_SAVES)
    run("drop function index_stories;\n")
    run_whole(before.INDEX_STORIES)
    run(INDEX_ALL)


# Whoever saves a story at the same time could index it as before, after it was indexed anew, or be
# overwritten by what it was. Stories are read meanwhile.
NOBODY_SAVES = "lock table stories in exclusive mode;\n"

INDEX_ALL = """
    select index_stories(tenant_id, array_agg(story_id)) from stories group by tenant_id;
"""

# As it was (0009), but for the states and the labels of the audience and the contributors. `=live`
# and `=expired` are asked for by processes that began before this migration. The oldest audiences
# say nothing of interests, so they are for everybody's.
INDEX_STORIES = r"""
    create or replace function index_stories(whose uuid, which uuid[]) returns void
    language sql set search_path = pg_catalog, public, pg_temp
    as $$
        delete from story_search found using stories s
        where found.tenant_id = whose and found.story_id = any(which) and found.seen = 'live'
          and s.tenant_id = whose and s.story_id = found.story_id and s.live_version is null;

        insert into story_search as kept
            (tenant_id, story_id, seen, version, title_key, created_at, expires_at, pinned_until,
             labels, document)
        select
            whose, s.story_id, shown.seen, shown.version,
            left(translate(regexp_replace(lower(plain(v.title)), '[^\u0001-\uffff]', '', 'g'),
                           'æäøöå', '{{||}'), 32),
            s.created_at, v.expires_at,
            case when s.live_version is not null and not s.expired and p.story_id is not null
                 then coalesce(p.until, 'infinity') end,
            labels.counted,
            setweight(to_tsvector(configuration_of(v.language), plain(v.title)), 'A')
                || setweight(to_tsvector(configuration_of(v.language), plain(concat_ws(' ',
                       v.preview ->> 'title', v.preview ->> 'description',
                       translate(array_to_string(v.topics, ' '), '-', ' ')))), 'B')
                || setweight(to_tsvector(configuration_of(v.language), plain(v.body)), 'C')
                || to_tsvector('danish', coalesce(copy.danish, ''))
                || to_tsvector('english', coalesce(copy.english, ''))
                || to_tsvector('simple', coalesce(copy.simple, ''))
                || array_to_tsvector(labels.counted || array_remove(labels.asked, null))
        from stories s
        cross join lateral (
            values ('working', s.version, nullif(s.state, 'live')), ('live', s.live_version, null)
        ) as shown (seen, version, state)
        join story_versions v
            on v.tenant_id = s.tenant_id and v.story_id = s.story_id and v.version = shown.version
        left join pins p on p.tenant_id = s.tenant_id and p.story_id = s.story_id
        cross join lateral (
            select
                string_agg(plain(one ->> 'text'), ' ') filter (where spoken = 'danish') as danish,
                string_agg(plain(one ->> 'text'), ' ') filter (where spoken = 'english') as english,
                string_agg(plain(one ->> 'text'), ' ') filter (where spoken = 'simple') as simple,
                array_agg(distinct '=words:' || spoken) filter (where spoken is not null) as spoken,
                array_agg(distinct '=network:' || (one ->> 'network'))
                    filter (where spoken is not null) as networks
            from jsonb_array_elements(v.variants) one
            cross join lateral (
                select configuration_of(one ->> 'language')::text as spoken
            ) configured
        ) as copy
        cross join lateral (
            select
                array['=kind:' || v.kind, '=language:' || split_part(v.language, '-', 1)]
                    || array_remove(array[
                        '=campaign:' || v.campaign_id,
                        '=state:' || shown.state,
                        case when s.expired then '=state:expired'
                             when s.live_version is not null then '=state:live' end
                    ], null)
                    || array(select '=topic:' || one from unnest(v.topics) one)
                    || coalesce(copy.networks, '{}') as counted,
                array[
                    '=tenant:' || whose,
                    '=seen:' || shown.seen,
                    '=author:' || s.author_id,
                    '=language:' || v.language,
                    '=words:' || configuration_of(v.language),
                    case when s.submitted then '=submitted' end,
                    case when s.expired then '=expired'
                         when s.live_version is not null then '=live' end,
                    case when v.media <> '[]' then '=media' end,
                    case when s.archived_at is not null then '=archived' end,
                    case when v.audience -> 'countries' = '[]' then '=country:' end,
                    case when v.audience -> 'regions' = '[]' then '=region:' end,
                    case when v.audience -> 'team_ids' = '[]' then '=team:' end,
                    case when coalesce(v.audience -> 'interests', '[]') = '[]'
                         then '=interest:' end,
                    case when v.audience -> 'languages' = '[]' then '=reads:' end
                ]
                    || coalesce(copy.spoken, '{}')
                    || array(select '=country:' || one
                             from jsonb_array_elements_text(v.audience -> 'countries') one)
                    || array(select '=region:' || one
                             from jsonb_array_elements_text(v.audience -> 'regions') one)
                    || array(select '=team:' || one
                             from jsonb_array_elements_text(v.audience -> 'team_ids') one)
                    || array(select '=interest:' || one
                             from jsonb_array_elements_text(v.audience -> 'interests') one)
                    || array(select '=reads:' || lower(one)
                             from jsonb_array_elements_text(v.audience -> 'languages') one)
                    || array(select '=contributor:' || one from unnest(v.contributor_ids) one)
                    as asked
        ) as labels
        where s.tenant_id = whose and s.story_id = any(which)
        on conflict (tenant_id, story_id, seen) do update set
            version = excluded.version, title_key = excluded.title_key,
            expires_at = excluded.expires_at, pinned_until = excluded.pinned_until,
            labels = excluded.labels, document = excluded.document
        where (kept.version, kept.title_key, kept.expires_at, kept.pinned_until, kept.labels,
               kept.document)
            is distinct from (excluded.version, excluded.title_key, excluded.expires_at,
                              excluded.pinned_until, excluded.labels, excluded.document);
    $$
"""
