using System.Text;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>Finds and writes the rows of sessions.</summary>
internal static class PostgresSessionRows
{
    public static Task<SessionRow?> FindAsync(PostgresLink link, string id, bool isToEnd = false) => link.FindAsync(
        new PostgresStatement($"select {SessionRows.Columns} from sessions where id = $1").Bind(id),
        row => SessionRows.Read(row, isToEnd));

    /// <summary>Inserts the row, and the index of what acts on tags select.</summary>
    public static PostgresStatement Insert(string ownIssuer, Session session) => new PostgresStatement(
        """
        with own as (
            insert into sessions (id, subject, client_id, audience, scope, claims, tags, device_name, device_agent,
                device_address, amr, acr, created_at, authenticated_at, last_refreshed_at, generation, idle_expires_at,
                expires_at, started, refresh_key, salt, repeated_generation, retries)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, 0, 0)
            returning number)
        insert into session_tags (key, session) select tag, number from own cross join unnest($22::bytea[]) as tag
        """)
        .Bind(session.Id).Bind(session.Subject).Bind(session.ClientId).Bind(StoredJson.WriteTexts(session.Audience))
        .Bind(session.Scope).Bind(session.Claims).Bind(SessionRows.TagsOf(session))
        .Bind(session.Device?.Name).Bind(session.Device?.UserAgent).Bind(session.Device?.Address)
        .Bind(session.Amr.Count == 0 ? null : StoredJson.WriteTexts(session.Amr)).Bind(session.Acr)
        .Bind(session.CreatedAt).Bind(session.AuthenticatedAt).Bind(session.LastRefreshedAt).Bind(session.Generation)
        .Bind(session.IdleExpiresAt).Bind(session.ExpiresAt).Bind(session.Started).Bind((long)session.RefreshKeyId)
        .Bind(session.Salt.ToArray()).Bind(KeysOf(ownIssuer, session));

    /// <summary>Writes what a change can change.</summary>
    public static void Change(PostgresLink link, string ownIssuer, long number, Session session)
    {
        link.Add(
            new PostgresStatement(
                "update sessions set claims = $1, tags = $2, device_name = $3, device_agent = $4, device_address = $5, "
                    + "claims_since = $6 where number = $7")
            .Bind(session.Claims).Bind(SessionRows.TagsOf(session)).Bind(session.Device?.Name).Bind(session.Device?.UserAgent)
            .Bind(session.Device?.Address).Bind(session.ClaimsSince).Bind(number),
            mustChange: 1);
        link.Add(new PostgresStatement("delete from session_tags where session = $1").Bind(number));
        link.Add(new PostgresStatement("insert into session_tags (key, session) select tag, $1 from unnest($2::bytea[]) as tag")
            .Bind(number).Bind(KeysOf(ownIssuer, session)));
    }

    /// <summary>Moves the generation on, if nobody has meanwhile.</summary>
    public static PostgresStatement Rotate(RotateSession rotated) => new PostgresStatement(
        "update sessions set generation = $1, last_refreshed_at = $2, idle_expires_at = $3 where number = $4 and generation = $5")
        .Bind(rotated.To).Bind(rotated.LastRefreshedAt).Bind(rotated.IdleExpiresAt).Bind(rotated.Number).Bind(rotated.From);

    /// <summary>Counts that a generation was answered again, if nobody has meanwhile.</summary>
    public static PostgresStatement Repeat(RepeatSession repeated) => new PostgresStatement(
        """
        update sessions set repeated_generation = $1, retries = $2
        where number = $3 and generation = $1 and repeated_generation < $1
        """)
        .Bind(repeated.Generation).Bind(repeated.Retries).Bind(repeated.Number);

    /// <summary>Remembers on the row what ended it, so that it stays ended when the act is forgotten.</summary>
    public static PostgresStatement End(EndSession ended) => new PostgresStatement(
        "update sessions set ended_by = $1, ended_at = $2 where id = $3 and ended_by is null")
        .Bind(ended.By).Bind(ended.At).Bind(ended.Id);

    /// <summary>Takes that back with a lifted act.</summary>
    public static PostgresStatement Reopen(ReopenSession reopened) => new PostgresStatement(
        "update sessions set ended_by = $1, ended_at = $2 where id = $3 and ended_by = $4")
        .Bind(reopened.To?.Position).Bind(reopened.To?.At).Bind(reopened.Id).Bind(reopened.From);

    // A column has an index of its own.
    private static byte[][] KeysOf(string ownIssuer, Session session) =>
    [
        .. MintedClaims.TagsOf(session)
            .Where(static tag => SessionRows.ColumnOf(tag.Name) is null && CanBeMatched(tag.Name) && CanBeMatched(tag.Value))
            .Select(static tag => Match.Tag(tag.Name, tag.Value)).Distinct().Select(match => MatchKey.Of(ownIssuer, match)),
    ];

    // What no match can hold is never looked for.
    private static bool CanBeMatched(string text) =>
        text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= Match.MaxValueBytes;
}
