"""Stories are found by their words and labels; they can be pinned, put away, and begun anew."""

from chassis.migrating import let_read, protect, run, run_as_reader, run_whole

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FIND_STORIES = (
    "find_stories(tsquery, tsquery, text, text, uuid, timestamptz, timestamptz, timestamptz,"
    " timestamptz, boolean, integer)"
)


def upgrade() -> None:
    """Create what finds stories, and index those that there are."""
    run(_TABLES)
    protect("pins", "story_search")
    let_read("story_search")
    for function in _FUNCTIONS:
        run_whole(function)
    run_as_reader(FIND_STORIES)
    run("select index_stories(tenant_id, array_agg(story_id)) from stories group by tenant_id;\n")


def downgrade() -> None:
    """Drop it again; that stories were pinned or put away is forgotten."""
    run(
        f"""
        drop function {FIND_STORIES};
        drop function index_stories;
        drop function copy_of;
        drop function said_in;
        drop function beginning_with;
        drop function configuration_of;
        drop function plain;
        drop table story_search;
        drop table pins;
        alter table stories drop column origin_id, drop column archived_at;
        """
    )


_TABLES = """
    alter table stories add column origin_id uuid, add column archived_at timestamptz;
    create table pins (
        tenant_id uuid not null,
        story_id uuid not null,
        pinned_by uuid not null,
        pinned_at timestamptz not null,
        until timestamptz,
        primary key (tenant_id, story_id),
        foreign key (tenant_id, story_id) references stories (tenant_id, story_id)
    );
    create table story_search (
        tenant_id uuid not null,
        story_id uuid not null,
        seen varchar(8) not null,
        version integer not null,
        title_key varchar(32) collate "C" not null,
        created_at timestamptz not null,
        expires_at timestamptz,
        pinned_until timestamptz,
        labels text[] not null,
        document tsvector not null,
        primary key (tenant_id, story_id, seen),
        foreign key (tenant_id, story_id) references stories (tenant_id, story_id)
    );
    create index story_search_document on story_search using gin (document)
        with (fastupdate = off);
    create index story_search_by_title on story_search (tenant_id, title_key, story_id);
    create index story_search_by_end on story_search (tenant_id, expires_at, story_id)
        where expires_at is not null;
    create index story_search_pinned on story_search (tenant_id, story_id)
        where pinned_until is not null;
"""

# Sign for sign, so that what is found in the plain text has the same place in the text itself.
# Letters of their own, such as those at the end of the Nordic alphabets, stay. Tags and entities
# would be left out of a headline; the last two signs are those between which hits are marked.
# `translate` compares every sign with each of its own, and most texts have none of them.
_PLAIN = r"""
    create function plain(said text) returns text language sql immutable parallel safe
    as $$
        select case when bare ~ U&'[<>&\E000\E001]'
            then translate(bare, U&'<>&\E000\E001', '     ') else bare end
        from (select case when said ~ '[éèêëáàâãóòôõúùûíìîïçñýÉÈÊËÁÀÂÃÓÒÔÕÚÙÛÍÌÎÏÇÑÝ]'
            then translate(said, 'éèêëáàâãóòôõúùûíìîïçñýÉÈÊËÁÀÂÃÓÒÔÕÚÙÛÍÌÎÏÇÑÝ',
                                 'eeeeaaaaoooouuuiiiicnyEEEEAAAAOOOOUUUIIIICNY')
            else said end as bare) without_accents
    $$
"""

_CONFIGURATION_OF = """
    create function configuration_of(language text) returns regconfig
    language sql immutable parallel safe
    as $$
        select case split_part(language, '-', 1)
            when 'da' then 'pg_catalog.danish'::regconfig
            when 'en' then 'pg_catalog.english'::regconfig
            else 'pg_catalog.simple'::regconfig
        end
    $$
"""

# Every lexeme of a query is written in quotes, and quotes within it twice.
_BEGINNING_WITH = r"""
    create function beginning_with(words tsquery) returns tsquery
    language sql immutable parallel safe
    as $$ select regexp_replace(words::text, '''(?:[^'']|'''')+''', '\&:*', 'g')::tsquery $$
"""

# A question of which a language makes nothing, since it is all small words, finds nothing in it.
_SAID_IN = """
    create function said_in(configuration text, words tsquery) returns tsquery
    language sql immutable parallel safe
    as $$
        select case
            when numnode(words) = 0 then '''=never'''::tsquery
            else ('''=words:' || configuration || '''')::tsquery && words
        end
    $$
"""

_COPY_OF = r"""
    create function copy_of(variants jsonb) returns text language sql immutable parallel safe
    as $$ select string_agg(one ->> 'text', E'\n') from jsonb_array_elements(variants) one $$
"""

# Each story is found by its working version, and by the live one as readers see it: `seen_by` of
# the rules, as rows. A label is a lexeme that no text can have, since it begins with `=`.
INDEX_STORIES = r"""
    create function index_stories(whose uuid, which uuid[]) returns void
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
            values ('working', s.version, s.state), ('live', s.live_version, 'live')
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
                array['=kind:' || v.kind, '=state:' || shown.state,
                      '=language:' || split_part(v.language, '-', 1)]
                    || array_remove(array['=campaign:' || v.campaign_id], null)
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
                    case when v.audience -> 'team_ids' = '[]' then '=team:' end
                ]
                    || coalesce(copy.spoken, '{}')
                    || array(select '=country:' || one
                             from jsonb_array_elements_text(v.audience -> 'countries') one)
                    || array(select '=region:' || one
                             from jsonb_array_elements_text(v.audience -> 'regions') one)
                    || array(select '=team:' || one
                             from jsonb_array_elements_text(v.audience -> 'team_ids') one) as asked
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

# Runs as the reader, whom policies hold back from nothing: operators of full text are not
# leakproof, so behind a policy PostgreSQL would not ask their index (design 10.15). Whose stories
# are found is said by the transaction and by nobody else. The tenant is a label besides, so that
# the one index goes through the words of one tenant only. The newest of many are sorted without
# their documents, which are a hundred times as wide as an id.
_FIND = """
    create function find_stories(
        question tsquery, words tsquery, sort text, after_key text, after_id uuid, at timestamptz,
        created_from timestamptz, created_until timestamptz, expires_until timestamptz,
        pinned boolean, rows_max integer
    ) returns table (
        story_id uuid, seen text, version integer, labels text[], key text, is_pinned boolean
    )
    language plpgsql stable security definer rows 50
    set search_path = pg_catalog, pg_temp set jit = off
    as $$
    declare
        whose uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
        kept text := 's.story_id, s.seen::text, s.version, s.labels';
        is_pinned text := 'coalesce(s.pinned_until > $5, false)';
        matching text := 'from public.story_search s where s.tenant_id = $1 and s.document @@ $2
            and ($6 is null or s.created_at >= $6) and ($7 is null or s.created_at < $7)
            and ($8 is null or (s.expires_at > $5 and s.expires_at <= $8))
            and ($9 is null or coalesce(s.pinned_until > $5, false) = $9)';
        asked text;
    begin
        if whose is null then
            return;
        end if;
        asked := case sort
            when 'newest' then 'select ' || kept || ', null::text, ' || is_pinned || matching
                || ' and ($4 is null or s.story_id < $4) order by s.story_id desc limit $10'
            when 'oldest' then 'select ' || kept || ', null::text, ' || is_pinned || matching
                || ' and ($4 is null or s.story_id > $4) order by s.story_id limit $10'
            when 'title' then 'select ' || kept || ', s.title_key::text, ' || is_pinned || matching
                || ' and ($4 is null or (s.title_key, s.story_id) > ($3 collate "C", $4))'
                || ' order by s.title_key, s.story_id limit $10'
            when 'expiring' then 'select ' || kept || ', s.expires_at::text, ' || is_pinned
                || matching || ' and s.expires_at > $5'
                || ' and ($4 is null or (s.expires_at, s.story_id) > ($3::timestamptz, $4))'
                || ' order by s.expires_at, s.story_id limit $10'
            when 'relevance' then 'select ' || kept || ', s.rank::text, s.is_pinned from (
                select s.*, ' || is_pinned || ' as is_pinned,
                    ts_rank(s.document, $11, 1)::float8 as rank
                from (select s.story_id as id, s.seen as view ' || matching || '
                    order by s.story_id desc limit 2000) newest
                join public.story_search s
                    on s.tenant_id = $1 and s.story_id = newest.id and s.seen = newest.view
                ) s where $4 is null or (s.rank, s.story_id) < ($3::float8, $4)
                order by s.rank desc, s.story_id desc limit $10'
            when 'pinned' then 'select * from (
                (select ' || kept || ', ''pinned'' as key, true as is_pinned ' || matching
                || ' and s.pinned_until > $5'
                || ' and ($4 is null or ($3 = ''pinned'' and s.story_id < $4))'
                || ' order by s.story_id desc limit $10)
                union all
                (select ' || kept || ', '''', false ' || matching
                || ' and coalesce(s.pinned_until <= $5, true)'
                || ' and ($4 is null or $3 = ''pinned'' or s.story_id < $4)'
                || ' order by s.story_id desc limit $10)
                ) s order by s.is_pinned desc, s.story_id desc limit $10'
        end;
        return query execute asked using
            whose, ('''=tenant:' || whose || '''')::tsquery && question, after_key, after_id, at,
            created_from, created_until, expires_until, pinned, rows_max, words;
    end
    $$
"""

_FUNCTIONS = (
    _PLAIN, _CONFIGURATION_OF, _BEGINNING_WITH, _SAID_IN, _COPY_OF, INDEX_STORIES, _FIND,
)  # fmt: skip
