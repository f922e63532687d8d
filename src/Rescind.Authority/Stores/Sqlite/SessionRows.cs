namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Sessions as rows.</summary>
internal static class SessionRows
{
    public const string Columns =
        """
        number, repeated_generation, id, subject, client_id, audience, scope, claims, tags, device_name, device_agent,
        device_address, amr, acr, created_at, authenticated_at, last_refreshed_at, generation, idle_expires_at, expires_at,
        started, refresh_key, salt, retries, ended_by, claims_since
        """;

    public static SessionRow? Find(SqliteLink link, string id, bool isToEnd = false)
    {
        using var row = link.Prepare($"select {Columns} from sessions where id = ?1").Bind(id);
        return row.Step() ? Read(row, isToEnd) : null;
    }

    /// <summary>
    /// Reads <see cref="Columns"/>. <paramref name="isToEnd"/>: for whoever ends sessions, whom damage in what tokens
    /// state must not stop.
    /// </summary>
    public static SessionRow Read(SqliteStatement row, bool isToEnd = false)
    {
        var (number, repeated, id) = (row.Int64(), row.Int64(), row.Text());
        var json = new StoredJson("sessions", id);
        var stated = json with { IsLenient = isToEnd };
        var session = new Session
        {
            Id = id,
            Subject = row.Text(),
            ClientId = row.Text(),
            Audience = stated.Texts("audience", row.Text(), isRequired: true),
            Scope = row.TextOrNull(),
            Claims = stated.Object("claims", row.Text()),
            Tags = json.Tags("tags", row.TextOrNull()),
            Device = ReadDevice(row.TextOrNull(), row.TextOrNull(), row.TextOrNull()),
            Amr = stated.Texts("amr", row.TextOrNull()),
            Acr = row.TextOrNull(),
            CreatedAt = row.Int64(),
            AuthenticatedAt = row.Int64(),
            LastRefreshedAt = row.Int64(),
            Generation = checked((uint)row.Int64()),
            IdleExpiresAt = row.Int64(),
            ExpiresAt = row.Int64(),
            Started = row.Position(),
            RefreshKeyId = checked((byte)row.Int64()),
            Salt = row.Bytes(),
            RetriesInARow = (int)row.Int64(),
            EndedBy = PositionOrNull(row),
            ClaimsSince = PositionOrNull(row),
        };

        // A run of retries is over once a generation went by without one.
        return new(number, repeated, repeated + 1 >= session.Generation ? session : session with { RetriesInARow = 0 });
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
            .Bind(session.Scope).Bind(session.Claims).Bind(session.Tags.Count == 0 ? null : StoredJson.WriteTags(session.Tags))
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
            .Bind(session.Claims).Bind(session.Tags.Count == 0 ? null : StoredJson.WriteTags(session.Tags))
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
        foreach (var tag in MintedClaims.TagsOf(session).Where(static tag => SqliteMatching.ColumnOf(tag.Name) is null))
        {
            link.Prepare("insert or ignore into session_tags (name, value, session) values (?1, ?2, ?3)")
                .Bind(tag.Name).Bind(tag.Value).Bind(number).Run();
        }
    }

    private static LogPosition? PositionOrNull(SqliteStatement row) =>
        row.Int64OrNull() is { } position ? new LogPosition(position) : null;

    private static SessionDevice? ReadDevice(string? name, string? agent, string? address) =>
        name is null && agent is null && address is null ? null : new(name, agent, address);
}
