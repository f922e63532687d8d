using System.Diagnostics;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;

namespace Rescind.Benchmarks.Growth;

/// <summary>
/// How long an act with an exception keeps everybody else from the writer, by how many sessions it selects, and how long
/// its lift does: the longest transaction of each, beside the start of one session.
/// </summary>
internal sealed class SparingRounds : IAsyncDisposable
{
    private const string Issuer = "https://auth.shop.example";

    private readonly string _folder = Directory.CreateTempSubdirectory("rescind-sparing-").FullName;
    private readonly SqliteStore _store;
    private readonly List<double> _held = [];
    private long _began;

    private SparingRounds() => _store = SqliteStore.Open(
        new() { Folder = _folder, Issuer = Issuer, Before = Watch }, TimeProvider.System, Entropy.System);

    public static async Task RunAsync(IReadOnlyList<int> sizes, int rounds)
    {
        Console.WriteLine(
            "| sessions that an act selects | the writer for it, ms | beside one start of a session "
                + "| longest of its lift, ms | commits of it |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var size in sizes)
        {
            await using var store = new SparingRounds();
            await store.MeasureAsync(size, rounds);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task MeasureAsync(int size, int rounds)
    {
        await _store.Registry.SaveIssuerAsync(
            new()
            {
                Issuer = Issuer, Own = true, Limits = new(300, 90 * 86400, 0, IssuerLimits.DefaultLeeway), Types = ["at+jwt"],
                Algorithms = ["ES256"],
            },
            AuditContext.System, default);
        await Task.WhenAll(Enumerable.Range(0, size).Select(_ => StartAsync("alice")));
        var (acts, starts, lifts, commits) = (new List<double>(), new List<double>(), new List<double>(), 0);
        for (var round = 0; round < rounds; round++)
        {
            starts.Add((await LongestAsync(() => StartAsync("bob"))).Longest);
            LogPosition act = default;
            acts.Add((await LongestAsync(async () => act = await EndOthersAsync())).Longest);
            var (longest, count) = await LongestAsync(() => _store.Revocations.LiftAsync(act, AuditContext.System, default));
            lifts.Add(longest);
            commits = count;
        }

        Console.WriteLine(
            $"| {size:N0} | {Median(acts):N1} | {Median(acts) / Median(starts):N0} times | {Median(lifts):N1} | {commits:N0} |");
    }

    private async Task<(double Longest, int Count)> LongestAsync(Func<Task> call)
    {
        _held.Clear();
        await call();
        return (_held.Max(), _held.Count);
    }

    // What runs between the beginning of a transaction and its commit; not the sync, which all of a batch share.
    private void Watch(WriteStep step)
    {
        if (step is WriteStep.Begin)
        {
            _began = Stopwatch.GetTimestamp();
        }
        else if (step is WriteStep.Commit)
        {
            _held.Add(Stopwatch.GetElapsedTime(_began).TotalMilliseconds);
        }
    }

    private async Task<LogPosition> EndOthersAsync()
    {
        var outcome = await _store.Revocations.RevokeAsync(
            new()
            {
                Issuer = Issuer, Match = Match.Subject("alice"), Effect = Effect.End, Except = ["another"], Reason = "test",
                Audit = AuditContext.System,
            },
            default);
        return outcome.Revocation?.Position ?? throw new InvalidOperationException($"It came to {outcome.Result}.");
    }

    private Task<StartOutcome> StartAsync(string subject)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return _store.Sessions.StartAsync(
            new()
            {
                Session = new()
                {
                    Id = Entropy.System.NextId(), Subject = subject, ClientId = "web", Audience = ["orders"], CreatedAt = now,
                    AuthenticatedAt = 0, LastRefreshedAt = now, Generation = 1, IdleExpiresAt = now + 86400,
                    ExpiresAt = now + 864000, Started = default, RefreshKeyId = 1, Salt = new byte[16],
                    Tags = [new("tenant", "acme", default)],
                },
                Audit = AuditContext.System,
            },
            default);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
