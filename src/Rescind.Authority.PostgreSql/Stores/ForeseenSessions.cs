using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// Sessions and the acts that decide on them, looked up together for the refreshes of one transaction, after its head
/// was read. Whatever else they ask for they ask by themselves.
/// </summary>
internal sealed class ForeseenSessions
{
    private readonly Dictionary<string, (SessionRow Row, IReadOnlyList<Revocation> Acts)> _sessions;
    private readonly Dictionary<long, string> _ids;
    private readonly long _now;

    private ForeseenSessions(Dictionary<string, (SessionRow Row, IReadOnlyList<Revocation> Acts)> sessions, long now) =>
        (_sessions, _ids, _now) =
            (sessions, sessions.ToDictionary(static session => session.Value.Row.Number, static session => session.Key), now);

    /// <summary>Nothing was looked up.</summary>
    public static ForeseenSessions None { get; } = new([], 0);

    public static async Task<ForeseenSessions> FindAsync(
        PostgresLink link, string ownIssuer, IReadOnlyList<string> sessions, long now)
    {
        List<SessionRow> rows;
        try
        {
            rows = await link.ReadAsync(
                new PostgresStatement($"select {SessionRows.Columns} from sessions where id = any($1)").Bind(sessions),
                static row => SessionRows.Read(row)).ConfigureAwait(false);
        }
        catch (StoreUnavailableException)
        {
            // One of them cannot be read: only whoever asks for it is told so.
            return None;
        }

        var acts = rows.Count == 0 ? [] : await PostgresSessionActs.FindTouchingAsync(
            link, ownIssuer, [.. rows.Select(row => row.Session.FactsAt(ownIssuer))], now).ConfigureAwait(false);
        return new(
            rows.Index().ToDictionary(
                static row => row.Item.Session.Id, row => (row.Item, acts[row.Index]), StringComparer.Ordinal),
            now);
    }

    /// <summary>The answer, if it was looked up.</summary>
    public Task<IFacts>? Find(Want want) => want switch
    {
        SessionById { IsToEnd: false } asked when _sessions.TryGetValue(asked.Id, out var found) => Known(found.Row),
        ActsTouching asked when asked.Now == _now && _sessions.TryGetValue(asked.Session.Id, out var found) => Known(found.Acts),
        _ => null,
    };

    /// <summary>Forgets a session that changes.</summary>
    public void Remove(long number)
    {
        if (_ids.TryGetValue(number, out var id))
        {
            _sessions.Remove(id);
        }
    }

    private static Task<IFacts> Known(object fact) => Task.FromResult<IFacts>(new KnownFact(fact));
}
