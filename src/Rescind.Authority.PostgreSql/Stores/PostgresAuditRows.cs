using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>The audit trail as rows.</summary>
internal static class PostgresAuditRows
{
    private const string Columns =
        "position, at, actor, action, issuer, match_kind, name, value, effect, reason, subject, session_id, address, request_id";

    private static readonly NarrowedList<AuditEntry> Listed = new(
        "audit", Columns, NewestFirst: false, Read, static entry => (entry.Position, JsonLength.Of(entry)));

    /// <summary>Audit entries after a position, oldest first.</summary>
    public static Task<ListPage<AuditEntry>> ListAsync(PostgresLink link, AuditQuery query) =>
        Listed.PageAsync(link, [.. NarrowingsOf(query)], query.After, query.Limit);

    /// <inheritdoc cref="IsNoted"/>
    public static Task<bool> IsNotedAsync(PostgresLink link, IsNoted note) => link.HasAsync(new PostgresStatement(
        """
        select 1 from (select action, at from audit where session_id = $1 order by position desc limit 64) as newest
        where action = $2 and at > $3 limit 1
        """).Bind(note.SessionId).Bind(note.Action).Bind(note.Since));

    private static IEnumerable<NarrowedBy> NarrowingsOf(AuditQuery query)
    {
        if (query.SessionId is { } session)
        {
            yield return new("session_id = ?", rows => rows.Bind(session));
        }

        if (query.Subject is { } subject)
        {
            yield return new("subject = ?", rows => rows.Bind(subject));
        }

        if (query.Actor is { } actor)
        {
            yield return new("actor = ?", rows => rows.Bind(actor));
        }
    }

    private static AuditEntry Read(PostgresRow row) => new()
    {
        Position = row.Position(),
        At = row.Int64(),
        Actor = row.Text(),
        Action = row.Text(),
        Issuer = row.TextOrNull(),
        Match = LogRows.ReadMatch(row),
        Effect = (Effect)row.Int64(),
        Reason = row.TextOrNull(),
        Subject = row.TextOrNull(),
        SessionId = row.TextOrNull(),
        Address = row.TextOrNull(),
        RequestId = row.TextOrNull(),
    };
}
