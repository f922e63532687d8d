using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// The tables, as numbered steps: <c>user_version</c> says how many were taken. A step that was ever released never changes.
/// </summary>
internal static class SqliteSchema
{
    /// <summary>What this version reads and writes.</summary>
    public static int Version => Steps.Length;

    /// <summary>"RSCD" in the header of the file: another program's database is not taken for an empty one of ours.</summary>
    private const long ApplicationId = 0x52534344;

    // An absent name or value is ''; a match never holds an empty one. Slots are (by, second), 0 where empty.
    private static readonly string[] Steps =
    [
        """
        create table head (
            one integer primary key check (one = 1), issuer text not null, epoch text not null,
            position integer not null, at integer not null, chain blob not null,
            base_position integer not null, base_chain blob not null,
            restored integer not null, opened integer not null) strict;

        create table log (
            position integer primary key, kind integer not null, at integer not null, issuer text not null,
            match_kind integer not null, name text not null, value text not null, record text,
            end_by integer not null, end_before integer not null, renew_by integer not null, renew_before integer not null,
            reauthenticate_by integer not null, reauthenticate_before integer not null,
            block_by integer not null, block_until integer not null, remember_until integer not null, chain blob not null) strict;

        create table states (
            issuer text not null, match_kind integer not null, value text not null, name text not null,
            position integer not null, at integer not null,
            end_by integer not null, end_before integer not null, renew_by integer not null, renew_before integer not null,
            reauthenticate_by integer not null, reauthenticate_before integer not null,
            block_by integer not null, block_until integer not null, remember_until integer not null,
            primary key (issuer, match_kind, value, name)) strict, without rowid;
        create index states_remembered on states (remember_until);

        create table acts (
            position integer primary key, at integer not null, issuer text not null,
            match_kind integer not null, name text not null, value text not null,
            effect integer not null, second integer not null, reason text not null, actor text not null,
            remember_until integer not null, lifted_by integer, by_session integer not null, except_sessions text) strict;
        create index acts_match on acts (issuer, match_kind, value, name, position);

        create table selected (
            session text not null, act integer not null, primary key (session, act)) strict, without rowid;
        create index selected_act on selected (act);
        create trigger act_forgotten after delete on acts begin delete from selected where act = old.position; end;

        create table sessions (
            number integer primary key autoincrement, id text not null unique, subject text not null, client_id text not null,
            audience text not null, scope text, claims text not null, tags text,
            device_name text, device_agent text, device_address text, amr text, acr text,
            created_at integer not null, authenticated_at integer not null, last_refreshed_at integer not null,
            generation integer not null, idle_expires_at integer not null, expires_at integer not null,
            started integer not null, refresh_key integer not null, salt blob not null,
            repeated_generation integer not null, retries integer not null, ended_by integer, ended_at integer) strict;
        create index sessions_subject on sessions (subject);
        create index sessions_client on sessions (client_id);

        create table session_tags (
            name text not null, value text not null, session integer not null,
            primary key (name, value, session)) strict, without rowid;
        create index session_tags_session on session_tags (session);

        create table idempotency (
            actor text not null, key text not null, request text not null, position integer not null,
            sessions integer not null, known integer not null, at integer not null,
            primary key (actor, key)) strict, without rowid;
        create index idempotency_at on idempotency (at);

        create table audit (
            position integer primary key, at integer not null, actor text not null, action text not null, issuer text,
            match_kind integer not null, name text not null, value text not null, effect integer not null,
            reason text, subject text, session_id text, address text, request_id text) strict;
        create index audit_subject on audit (subject) where subject is not null;
        create index audit_session on audit (session_id) where session_id is not null;

        create table issuers (
            issuer text primary key, position integer not null, at integer not null, record text not null,
            removed integer not null) strict;

        create table keys (
            id text primary key, position integer not null, at integer not null, algorithm text not null, state integer not null,
            sealed blob not null, public_jwk text, created_at integer not null, active_from integer, retired_at integer) strict;

        create table clients (
            id text primary key, kind integer not null, secret_hash blob, scopes text not null, clients text not null,
            issuers text not null, origins text not null) strict;

        create table verifiers (
            client_id text not null, instance text not null, name text not null, address text, version text,
            bound_ms integer not null, position integer not null, seen_at integer not null,
            primary key (client_id, instance)) strict;
        """,
        "alter table acts add column sessions integer",
        """
        alter table acts add column spread integer not null default 0;
        create table spreads (act integer primary key, after integer not null, sought integer not null) strict;
        create trigger spread_forgotten after delete on acts begin delete from spreads where act = old.position; end;
        """,

        // Logouts wait here until their clients took them; the cursor says up to which session of which act they were looked for.
        """
        alter table clients add column logout_uri text;
        alter table clients add column logout_since integer;

        create table logouts (
            number integer primary key autoincrement, session text not null unique, subject text not null,
            client_id text not null, act integer not null, since integer not null) strict;
        create index logouts_client on logouts (client_id);

        create table logout_cursor (
            one integer primary key check (one = 1), act integer not null, session integer not null) strict;
        insert into logout_cursor values (1, 0, 0);
        """,
        """
        alter table clients add column old_secret_hash blob;
        alter table clients add column old_secret_until integer;
        """,
        "create index sessions_client_subject on sessions (client_id, subject)",

        // Whoever ends the same again is answered from this, without looking through the acts of others.
        """
        create index acts_own_end on acts (issuer, match_kind, value, name, actor, position)
            where effect = 1 and lifted_by is null and by_session = 0;
        """,
        """
        alter table clients add column verifiers integer;
        create table uncounted_verifiers (
            client_id text primary key, count integer not null, until integer not null) strict, without rowid;
        """,

        // Every claim of a session's tokens is a tag: the index has them all, but for those that have one of their own.
        """
        alter table sessions add column claims_since integer;
        insert or ignore into session_tags (name, value, session)
            select 'auth_time', cast(authenticated_at as text), number from sessions
            union all select 'scope', scope, number from sessions where scope is not null
            union all select 'acr', acr, number from sessions where acr is not null
            union all select 'aud', one.value, number from sessions, json_each(audience) as one
            union all select 'amr', one.value, number from sessions, json_each(amr) as one
            union all select claim.key, iif(claim.type = 'text', claim.value, claims -> claim.fullkey), number
                from sessions, json_each(claims) as claim where claim.type in ('text', 'integer', 'real', 'true', 'false')
            union all select claim.key, iif(one.type = 'text', one.value, claim.value -> one.fullkey), number
                from sessions, json_each(claims) as claim, json_each(claim.value) as one
                where claim.type = 'array' and one.type in ('text', 'integer', 'real', 'true', 'false');
        delete from session_tags where value = '';
        """,

        // What wins among the acts of one effect on one match is found without reading the others.
        """
        alter table acts add column rank integer not null default 0;
        update acts set rank = iif(effect in (1, 2) and issuer = (select issuer from head), position, second);
        create index acts_rank on acts (issuer, match_kind, value, name, effect, rank, position)
            where lifted_by is null and by_session = 0;
        create index acts_deciding on acts (issuer, match_kind, value, name, effect, position) where effect in (1, 4);
        create index acts_newest_end on acts (issuer, value, name, second, position)
            where match_kind = 4 and effect = 1 and lifted_by is null;
        create index idempotency_position on idempotency (position);
        create index acts_actor on acts (actor, position);
        create index acts_issuer on acts (issuer, position);
        create index audit_actor on audit (actor);
        """,

        // What time was believed last: a start under a wrong clock takes no later one for known.
        "alter table head add column believed integer not null default 0",

        // A session is judged by the newest end and the last block of each match, and by the few ends that spare some.
        """
        create index acts_sparing on acts (issuer, match_kind, value, name, position)
            where effect = 1 and by_session = 1 and lifted_by is null;
        """,

        // How many idempotency keys each actor has: past its share the oldest go first.
        """
        create table idempotency_counts (actor text primary key, count integer not null) strict, without rowid;
        insert into idempotency_counts select actor, count(*) from idempotency group by actor;
        create trigger idempotency_added after insert on idempotency begin
            insert into idempotency_counts values (new.actor, 1) on conflict (actor) do update set count = count + 1;
        end;
        create trigger idempotency_forgotten after delete on idempotency begin
            update idempotency_counts set count = count - 1 where actor = old.actor;
            delete from idempotency_counts where actor = old.actor and count = 0;
        end;
        create index idempotency_oldest on idempotency (actor, at);
        """,

        // What an act that spares some has selected decides on a session by itself: those too that something else had
        // ended. The newest of each effect is found without reading the others, and what was taken back is not there.
        """
        drop trigger act_forgotten;
        alter table selected rename to selected_before;
        create table selected (
            session text not null, act_effect integer not null, act integer not null,
            primary key (session, act_effect, act)) strict, without rowid;
        insert into selected select session, effect, act from selected_before cross join acts on position = act
            where lifted_by is null or spread > 0;
        create temp view sparing as select * from acts
            where effect = 1 and by_session = 1 and lifted_by is null and issuer = (select issuer from head);
        create temp view candidates as
            select act.position as act, act.second, act.at, act.except_sessions, session.* from sparing as act
                cross join sessions as session on session.subject = act.value
                where match_kind = 4 or (match_kind = 6 and act.name = 'sub')
            union all select act.position as act, act.second, act.at, act.except_sessions, session.* from sparing as act
                cross join sessions as session on session.client_id = act.value
                where match_kind = 5 or (match_kind = 6 and act.name = 'client_id')
            union all select act.position as act, act.second, act.at, act.except_sessions, session.* from sparing as act
                cross join sessions as session on session.id = act.value where match_kind = 6 and act.name = 'sid'
            union all select act.position as act, act.second, act.at, act.except_sessions, session.* from sparing as act
                cross join session_tags as tag on match_kind = 6 and tag.name = act.name and tag.value = act.value
                cross join sessions as session on session.number = tag.session
            union all select act.position as act, act.second, act.at, act.except_sessions, session.* from sparing as act
                cross join sessions as session
                where match_kind = 8 or (match_kind = 6 and act.name = 'iss' and act.value = act.issuer);
        insert or ignore into selected select id, 1, act from candidates
            where max(started, coalesce(claims_since, 0)) < act and (second >= at or created_at < second)
                and id not in (select value from json_each(coalesce(except_sessions, '[]')))
                and not exists (select 1 from json_each(coalesce(tags, '[]')) as tag where tag.value ->> 'Since' > act);
        drop view candidates;
        drop view sparing;
        drop table selected_before;
        create index selected_act on selected (act);
        create trigger act_forgotten after delete on acts begin delete from selected where act = old.position; end;
        drop index acts_sparing;
        create index acts_sparing on acts (issuer, match_kind, value, name, actor, position)
            where effect = 1 and by_session = 1 and lifted_by is null;
        """,

        // How much of what was believed clocks alone have shown.
        "alter table head add column unproved integer not null default 0",

        // The latest date of anything that was forgotten: whoever needs what was remembered until then is sent nothing.
        "alter table head add column forgotten integer not null default 0",

        // The newest second at which tokens of a session were minted: what ends them is remembered from there on at least.
        """
        alter table head add column minted integer not null default 0;
        update head set minted = coalesce((select max(last_refreshed_at) from sessions), 0);
        """,

        // The acts on a match are listed whatever issuer they are at.
        "create index acts_named on acts (match_kind, value, name, position)",

        // Raised whenever a client, a key or an issuer is changed.
        "alter table head add column registry integer not null default 0",

        // Receipts count the connections that were closed, over a start too.
        """
        alter table verifiers add column live integer;
        alter table verifiers add column closed integer;
        """,
    ];

    /// <summary>Throws for what this version must not touch: a later version's, another program's. Changes nothing.</summary>
    public static void Inspect(SqliteLink link, string file)
    {
        if (link.Int64("pragma application_id") != ApplicationId && link.Int64("select count(*) from sqlite_master") > 0)
        {
            throw new StoreUnavailableException(Errors.DataDamaged.Sentence($"{file} is the database of another program."));
        }

        if (link.Int64("pragma user_version") is var version && version > Version)
        {
            throw new StoreUnavailableException(
                Errors.DataFromLaterVersion.Sentence($"{file} has schema {version}; this version knows {Version}."));
        }
    }

    /// <summary>
    /// Takes the steps that are missing, each whole or not at all; up to <paramref name="last"/> for a test that begins
    /// with earlier data.
    /// </summary>
    public static void Upgrade(SqliteLink link, int? last = null)
    {
        for (var version = (int)link.Int64("pragma user_version"); version < (last ?? Version); version++)
        {
            link.Execute("begin immediate");
            link.Execute($"pragma application_id = {ApplicationId}");
            link.Execute(Steps[version]);
            link.Execute($"pragma user_version = {version + 1}");
            link.Execute("commit");
        }
    }
}
