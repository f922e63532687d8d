using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>The audit trail as rows.</summary>
internal static class PostgresAuditRows
{
    private static readonly NarrowedList<AuditEntry> Listed = new(
        "audit", RegistryRows.Audit, NewestFirst: false, RegistryRows.ReadAudit,
        static entry => (entry.Position, JsonLength.Of(entry)));

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
}
