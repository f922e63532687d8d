namespace Rescind.Authority.Tests.Stores;

/// <summary>
/// Rows for every table that grows, as a busy Authority has them: one client and one tag with most of the sessions, a
/// tag with 200, acts of all kinds, nothing that is due to be forgotten.
/// </summary>
internal static class FullTables
{
    private const string Tenant = "iif(i % 50 = 0, 'tenant-' || i, 'big')";
    private const string Team = "iif(i <= 200, 'small', 'team-' || (i / 10))";

    /// <summary>
    /// What fills the tables of an empty store with <paramref name="rows"/> rows each, as of <paramref name="now"/>, in seconds.
    /// </summary>
    public static string Sql(int rows, long now) =>
        $"""
        create temp table n as
            with recursive counted(i) as (select 1 union all select i + 1 from counted where i < {rows}) select i from counted;

        insert into sessions (id, subject, client_id, audience, claims, created_at, authenticated_at, last_refreshed_at,
                generation, idle_expires_at, expires_at, started, refresh_key, salt, repeated_generation, retries)
            select 'sid-' || i, 'subject-' || (i / 3), iif(i % 50 = 0, 'client-' || i, 'web'), '["orders"]',
                json_object('tenant', {Tenant}, 'team', {Team}), {now}, {now}, {now}, 1, {now} + 86400, {now} + 864000,
                i, 1, x'01', 0, 0 from n;
        insert into session_tags (name, value, session) select 'tenant', {Tenant}, i from n;
        insert into session_tags (name, value, session) select 'team', {Team}, i from n;

        insert into acts (position, at, issuer, match_kind, name, value, effect, second, reason, actor, remember_until,
                lifted_by, by_session, rank)
            select i, {now}, iif(i % 10 = 0, 'https://foreign.example', (select issuer from head)), 1 + i % 7,
                iif(i % 7 = 5, 'tenant', ''), 'value-' || i, 1 + i % 4, {now}, 'test', 'client:' || (i % 20),
                {now} + 864000, iif(i % 7 = 0, i, null), i % 9 = 0, iif(1 + i % 4 <= 2 and i % 10 <> 0, i, {now}) from n;
        insert into selected (session, act_effect, act) select 'other-' || i, 1, i / 10 * 9 from n;
        insert into states (issuer, match_kind, name, value, position, at, end_by, end_before, renew_by, renew_before,
                reauthenticate_by, reauthenticate_before, block_by, block_until, remember_until)
            select issuer, match_kind, name, value, position, at, position, 0, 0, 0, 0, 0, 0, 0, remember_until from acts;
        insert into log (position, kind, at, issuer, match_kind, name, value, end_by, end_before, renew_by, renew_before,
                reauthenticate_by, reauthenticate_before, block_by, block_until, remember_until, chain)
            select position, 1, at, issuer, match_kind, name, value, position, 0, 0, 0, 0, 0, 0, 0, remember_until,
                zeroblob(32) from acts where position not in (select position from log);
        insert or ignore into audit (position, at, actor, action, match_kind, name, value, effect, subject, session_id)
            select i, {now}, 'client:' || (i % 20), 'revoked', 1 + i % 7, iif(i % 7 = 5, 'tenant', ''), 'value-' || i, 1,
                'subject-' || (i / 3), 'sid-' || i from n;
        insert into idempotency (actor, key, request, position, sessions, known, at)
            select 'client:' || (i % 20), 'key-' || i, 'x', i, 0, 1, {now} from n;
        insert into logouts (session, subject, client_id, act, since)
            select 'sid-' || i, 'subject-' || (i / 3), iif(i % 50 = 0, 'client-' || i, 'web'), i, {now} from n;
        """;
}
