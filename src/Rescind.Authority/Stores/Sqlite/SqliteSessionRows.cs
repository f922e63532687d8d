namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Finds and writes the rows of sessions.</summary>
internal static class SqliteSessionRows
{
    public static SessionRow? Find(SqliteLink link, string id, bool isToEnd = false)
    {
        using var row = link.Prepare($"select {SessionRows.Columns} from sessions where id = ?1").Bind(id);
        return row.Step() ? SessionRows.Read(row, isToEnd) : null;
    }

    public static void Insert(SqliteLink link, Session session)
    {
        link.Prepare(
            """
            insert into sessions (id, subject, client_id, audience, scope, claims, tags, device_name, device_agent,
                device_address, amr, acr, created_at, authenticated_at, last_refreshed_at, generation, idle_expires_at,
                expires_at, started, refresh_key, salt, repeated_generation, retries)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, 0, 0)
            """)
            .Bind(session.Id).Bind(session.Subject).Bind(session.ClientId).Bind(StoredJson.WriteTexts(session.Audience))
            .Bind(session.Scope).Bind(session.Claims).Bind(SessionRows.TagsOf(session))
            .Bind(session.Device?.Name).Bind(session.Device?.UserAgent).Bind(session.Device?.Address)
            .Bind(session.Amr.Count == 0 ? null : StoredJson.WriteTexts(session.Amr)).Bind(session.Acr)
            .Bind(session.CreatedAt).Bind(session.AuthenticatedAt).Bind(session.LastRefreshedAt).Bind(session.Generation)
            .Bind(session.IdleExpiresAt).Bind(session.ExpiresAt).Bind(session.Started).Bind(session.RefreshKeyId)
            .Bind(session.Salt.Span)
            .Run();
        InsertTags(link, link.Int64("select last_insert_rowid()"), session);
    }

    /// <summary>Writes what a change can change.</summary>
    public static void Change(SqliteLink link, long number, Session session)
    {
        link.Prepare("update sessions set claims = ?1, tags = ?2, device_name = ?3, device_agent = ?4, device_address = ?5, "
            + "claims_since = ?7 where number = ?6")
            .Bind(session.Claims).Bind(SessionRows.TagsOf(session))
            .Bind(session.Device?.Name).Bind(session.Device?.UserAgent).Bind(session.Device?.Address).Bind(number)
            .Bind(session.ClaimsSince?.Value).Run();
        link.Prepare("delete from session_tags where session = ?1").Bind(number).Run();
        InsertTags(link, number, session);
    }

    /// <summary>Moves the generation on.</summary>
    public static void Rotate(SqliteLink link, RotateSession rotated)
    {
        var swapped = link.Prepare(
            "update sessions set generation = ?1, last_refreshed_at = ?2, idle_expires_at = ?3 "
                + "where number = ?4 and generation = ?5")
            .Bind(rotated.To).Bind(rotated.LastRefreshedAt).Bind(rotated.IdleExpiresAt).Bind(rotated.Number)
            .Bind(rotated.From).Run();
        if (swapped != 1)
        {
            throw new InvalidOperationException("The generation moved inside its own transaction.");
        }
    }

    /// <summary>Counts that a generation was answered again.</summary>
    public static void Repeat(SqliteLink link, RepeatSession repeated) =>
        link.Prepare("update sessions set repeated_generation = ?1, retries = ?2 where number = ?3")
            .Bind(repeated.Generation).Bind(repeated.Retries).Bind(repeated.Number).Run();

    /// <summary>Remembers on the row what ended it, so that it stays ended when the act is forgotten.</summary>
    public static void End(SqliteLink link, EndSession ended) =>
        link.Prepare("update sessions set ended_by = ?1, ended_at = ?2 where id = ?3 and ended_by is null")
            .Bind(ended.By).Bind(ended.At).Bind(ended.Id).Run();

    /// <summary>Takes that back with a lifted act.</summary>
    public static void Reopen(SqliteLink link, ReopenSession reopened) =>
        link.Prepare("update sessions set ended_by = ?1, ended_at = ?2 where id = ?3 and ended_by = ?4")
            .Bind(reopened.To?.Position.Value).Bind(reopened.To?.At).Bind(reopened.Id).Bind(reopened.From).Run();

    // The index of what acts on tags select; a column has its own.
    private static void InsertTags(SqliteLink link, long number, Session session)
    {
        foreach (var tag in MintedClaims.TagsOf(session).Where(static tag => SessionRows.ColumnOf(tag.Name) is null))
        {
            link.Prepare("insert or ignore into session_tags (name, value, session) values (?1, ?2, ?3)")
                .Bind(tag.Name).Bind(tag.Value).Bind(number).Run();
        }
    }
}
