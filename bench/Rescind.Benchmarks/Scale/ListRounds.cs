using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Benchmarks.Growth;

namespace Rescind.Benchmarks.Scale;

/// <summary>
/// Every list of a store with very many rows, read page by page to its end: SQLite's steps for the first page beside the dearest.
/// </summary>
internal static class ListRounds
{
    private const int Limit = 200;

    // A list that is longer is left there.
    private const int MostPages = 600;

    public static async Task RunAsync(int rows)
    {
        await using var store = await GrownStore.CreateAsync(rows);
        Console.WriteLine(
            $"| list of {rows:N0} rows | pages read | rows of them | steps of the first | median | largest | scanned |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var (name, read) in ListsOf(store))
        {
            var (steps, entries, scanned) = (new List<double>(), 0, 0L);
            for (var cursor = (string?)null; steps.Count == 0 || (cursor is not null && steps.Count < MostPages);)
            {
                var page = (Count: 0, Next: (string?)null);
                var cost = await store.MeasureOnceAsync(async () => page = await read(cursor));
                (entries, cursor, scanned) = (entries + page.Count, page.Next, scanned + cost.Scanned);
                steps.Add(cost.Steps);
            }

            var all = new Samples(steps);
            Console.WriteLine($"| {name} | {steps.Count:N0} | {entries:N0} | {steps[0]:N0} | {all.Median:N0} | "
                + $"{all.At(1):N0} | {scanned:N0} |");
        }
    }

    private static LogPosition PositionOf(string? cursor) => LogPosition.TryParse(cursor, out var position) ? position : default;

    private static (string Name, Func<string?, Task<(int Count, string? Next)>> Read)[] ListsOf(GrownStore grown)
    {
        return
        [
            ("sessions", after => SessionsAsync(new(null, null, Limit, after))),
            ("sessions that are active", after => SessionsAsync(new(null, SessionState.Active, Limit, after))),
            ("sessions that have expired, of which there are none",
                after => SessionsAsync(new(null, SessionState.Expired, Limit, after))),
            ("sessions of the client with most", after => SessionsAsync(new(null, null, Limit, after) { Clients = ["web"] })),
            ("sessions of a hundred clients", after => SessionsAsync(new(null, null, Limit, after)
            {
                Clients = [.. Enumerable.Range(1, 100).Select(i => $"client-{i * 50}")],
            })),
            ("revocations", after => RevocationsAsync(new(), after)),
            ("revocations of our issuer", after => RevocationsAsync(new(grown.Store.Issuer), after)),
            ("revocations of an actor", after => RevocationsAsync(new(Actor: "client:7"), after)),
            ("revocations of our issuer by an actor",
                after => RevocationsAsync(new(grown.Store.Issuer, Actor: "client:7"), after)),
            ("revocations of a person, at any issuer", after => RevocationsAsync(new(Match: Match.Subject("value-3")), after)),
            ("revocations of a person by an actor",
                after => RevocationsAsync(new(Match: Match.Subject("value-3"), Actor: "client:7"), after)),
            ("audit", after => AuditAsync(null, null, after)),
            ("audit of an actor", after => AuditAsync(null, "client:7", after)),
            ("audit of a person by an actor", after => AuditAsync("subject-7", "client:1", after)),
        ];

        async Task<(int, string?)> SessionsAsync(SessionQuery query)
        {
            var page = await grown.Store.Sessions.ListAsync(query, default);
            return (page.Sessions.Count, page.Next);
        }

        async Task<(int, string?)> RevocationsAsync(RevocationQuery query, string? after)
        {
            var page = await grown.Store.Revocations.ListAsync(query, PositionOf(after), Limit, default);
            return (page.Rows.Count, page.Next?.ToString());
        }

        async Task<(int, string?)> AuditAsync(string? subject, string? actor, string? after)
        {
            var query = new AuditQuery(subject, null, actor, PositionOf(after), Limit);
            var page = await grown.Store.Registry.AuditAsync(query, default);
            return (page.Rows.Count, page.Next?.ToString());
        }
    }
}
