namespace Rescind.Authority.Stores;

/// <summary>Sessions as rows.</summary>
internal static class SessionRows
{
    public const string Columns =
        """
        number, repeated_generation, id, subject, client_id, audience, scope, claims, tags, device_name, device_agent,
        device_address, amr, acr, created_at, authenticated_at, last_refreshed_at, generation, idle_expires_at, expires_at,
        started, refresh_key, salt, retries, ended_by, claims_since
        """;

    /// <summary>
    /// Reads <see cref="Columns"/>. <paramref name="isToEnd"/>: for whoever ends sessions, whom damage in what tokens
    /// state must not stop.
    /// </summary>
    public static SessionRow Read(Row row, bool isToEnd = false)
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
            EndedBy = row.PositionOrNull(),
            ClaimsSince = row.PositionOrNull(),
        };

        // A run of retries is over once a generation went by without one.
        return new(number, repeated, repeated + 1 >= session.Generation ? session : session with { RetriesInARow = 0 });
    }

    /// <summary>The tags as they are written.</summary>
    public static string? TagsOf(Session session) => session.Tags.Count == 0 ? null : StoredJson.WriteTags(session.Tags);

    /// <summary>The column of a claim that has one, with an index of it; null for any other, which is among the tags.</summary>
    public static string? ColumnOf(string claim) => claim switch
    {
        "sid" => "id",
        "sub" => "subject",
        "client_id" => "client_id",
        _ => null,
    };

    private static SessionDevice? ReadDevice(string? name, string? agent, string? address) =>
        name is null && agent is null && address is null ? null : new(name, agent, address);
}
