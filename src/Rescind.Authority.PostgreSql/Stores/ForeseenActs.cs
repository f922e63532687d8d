using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// The states and the issuers that the acts of one transaction will ask for, looked up together once the head is held: from
/// then on only that transaction changes them.
/// </summary>
internal sealed class ForeseenActs
{
    private readonly Dictionary<StateOf, RevocationState> _states = [];
    private readonly Dictionary<IssuerOf, IssuerRecord?> _issuers = [];

    private ForeseenActs()
    {
    }

    /// <summary>Nothing was looked up.</summary>
    public static ForeseenActs None { get; } = new();

    public static async Task<ForeseenActs> FindAsync(PostgresLink link, IReadOnlyList<StateOf> named)
    {
        var foreseen = new ForeseenActs();
        string[] issuers = [.. named.Select(static one => one.Issuer).Distinct(StringComparer.Ordinal)];
        try
        {
            var records = await link.ReadAsync(
                new PostgresStatement("select issuer, record from issuers where issuer = any($1) and not removed").Bind(issuers),
                RegistryRows.ReadIssuer).ConfigureAwait(false);
            var known = records.ToDictionary(static record => record.Issuer, StringComparer.Ordinal);
            Array.ForEach(issuers, issuer => foreseen._issuers[new(issuer)] = known.GetValueOrDefault(issuer));
        }
        catch (StoreUnavailableException)
        {
            // One of them cannot be read: only whoever asks for it is told so.
            return None;
        }

        byte[][] keys = [.. named.Select(static one => MatchKey.Of(one.Issuer, one.Match))];
        foreach (var one in named)
        {
            foreseen._states[one] = RevocationState.Of([], ownIssuer: true);
        }

        foreach (var (asked, state) in await link.ReadAsync(
            new PostgresStatement(
                $"""
                select number, state.* from unnest($1::bytea[]) with ordinality as asked(key, number)
                cross join lateral (select {LogRows.Slots} from states where key = asked.key limit 1) as state
                """).Bind(keys),
            static row => (row.Int64(), LogRows.ReadState(row))).ConfigureAwait(false))
        {
            foreseen._states[named[(int)asked - 1]] = state;
        }

        return foreseen;
    }

    /// <summary>The answer, if it was looked up.</summary>
    public Task<IFacts>? Find(Want want) => want switch
    {
        StateOf state when _states.TryGetValue(state, out var found) => Task.FromResult<IFacts>(new KnownFact(found)),
        IssuerOf issuer when _issuers.TryGetValue(issuer, out var found) => Task.FromResult<IFacts>(new KnownFact(found)),
        _ => null,
    };

    /// <summary>What holds for a match from an entry on.</summary>
    public void Appended(LogEntry entry)
    {
        if (entry is { State: { } state, Match: { } match } && _states.ContainsKey(new(entry.Issuer, match)))
        {
            _states[new(entry.Issuer, match)] = state;
        }
    }
}
