using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// Where the sessions that a match of our own issuer names are found: by the claim that it compares, whichever kind of
/// match that is.
/// </summary>
/// <param name="Table">The table whose index is looked in: the sessions, or their tags.</param>
/// <param name="Condition">Which of its rows, with what is there as <c>$2</c>.</param>
/// <param name="Text">The text at <c>$2</c>; null if it is <paramref name="Key"/>.</param>
/// <param name="Key">The digest at <c>$2</c>.</param>
internal sealed record PostgresMatching(string Table, string Condition, string? Text, byte[]? Key = null)
{
    private const string Sessions = "sessions";
    private const string Tags = "session_tags";

    // The sessions whose present access token the key may have signed.
    private const string SignedBy =
        """
        last_refreshed_at >= (select active_from from keys where id = $2)
        and last_refreshed_at <= (select coalesce(retired_at, last_refreshed_at) from keys where id = $2)
        """;

    private static readonly PostgresMatching All = new(Sessions, "$2::text is not null", "");

    /// <summary>What to read whole sessions from.</summary>
    public string Source => Table is Tags ? "session_tags join sessions on number = session" : Table;

    /// <summary>The number of a session, in the order of which the index has them.</summary>
    public string Number => Table is Tags ? "session" : "number";

    /// <summary>Where they are found; null if the match names no sessions.</summary>
    public static PostgresMatching? Of(Match match, string ownIssuer) =>
        match.Kind is MatchKind.Key ? new(Sessions, SignedBy, match.Value)
        : !match.Traits.NamesSessions ? null
        : match.ClaimAmong(IssuerClaims.Standard) is not { } claim || (claim is "iss" && match.Value == ownIssuer) ? All
        : SessionRows.ColumnOf(claim) is { } column ? new(Sessions, $"{column} = $2", match.Value)
        : new(Tags, "key = $2", Text: null, MatchKey.Of(ownIssuer, Match.Tag(claim, match.Value!)));

    /// <summary>
    /// Where rows are counted to say that a match names no more than so many: of a key all, because no index knows which
    /// it has signed.
    /// </summary>
    public static PostgresMatching? AtMost(Match match, string ownIssuer) =>
        match.Kind is MatchKind.Key ? All : Of(match, ownIssuer);

    /// <summary>Binds what is at <c>$2</c>.</summary>
    public PostgresStatement Bind(PostgresStatement statement) =>
        Key is null ? statement.Bind(Text) : statement.Bind(Key);
}
