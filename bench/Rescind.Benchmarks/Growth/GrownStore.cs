using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Stores;

namespace Rescind.Benchmarks.Growth;

/// <summary>A store with so many rows in every table that grows, and everything that the Authority asks of it.</summary>
internal sealed class GrownStore : IAsyncDisposable
{
    private const string Issuer = "https://auth.shop.example";

    private readonly StepCounts _counts = new();
    private readonly string _folder;
    private readonly int _rows;
    private Revocation? _last;

    private GrownStore(string folder, int rows, TimeProvider time)
    {
        (_folder, _rows) = (folder, rows);
        Store = SqliteStore.Open(new() { Folder = folder, Issuer = Issuer, Prepared = _counts.Add }, time, Entropy.System);
    }

    public SqliteStore Store { get; }

    public static async Task<GrownStore> CreateAsync(int rows, TimeProvider? time = null)
    {
        var folder = Directory.CreateTempSubdirectory("rescind-growth-").FullName;
        await SqliteStore.Open(new() { Folder = folder, Issuer = Issuer }, TimeProvider.System, Entropy.System).DisposeAsync();
        using (var connection = Connect(folder))
        {
            using var fill = connection.CreateCommand();
            fill.CommandTimeout = 0;
            fill.CommandText = "pragma synchronous = off; begin; "
                + FullTables.Sql(rows, DateTimeOffset.UtcNow.ToUnixTimeSeconds()) + " commit; pragma wal_checkpoint(truncate)";
            fill.ExecuteNonQuery();
        }

        return new(folder, rows, time ?? TimeProvider.System);
    }

    private static SqliteConnection Connect(string folder)
    {
        var connection = new SqliteConnection(
            $"Data Source={Path.Combine(folder, SqliteStoreOptions.DefaultFileName)};Pooling=False");
        connection.Open();
        return connection;
    }

    /// <summary>What is asked of it, by name; each run asks about another session, person or act.</summary>
    public IReadOnlyList<(string Name, Func<Task> Run)> Operations =>
    [
        ("start a session",
            () => Store.Sessions.StartAsync(new() { Session = NewSession(), Audit = AuditContext.System }, default)),
        ("refresh", RefreshAsync),
        ("find a session", () => Store.Sessions.FindAsync($"sid-{Any()}", default)),
        ("list the sessions of a person", () => Store.Sessions.ListAsync(new($"subject-{Any() / 3}", null, 50, null), default)),
        ("list the sessions of a client",
            () => Store.Sessions.ListAsync(new(null, null, 50, null) { Clients = ["web"] }, default)),
        ("list the sessions of a client, far down",
            () => Store.Sessions.ListAsync(
                new(null, null, 50, new LogPosition(_rows / 2).ToString()) { Clients = ["web"] }, default)),
        ("end a session", () => RevokeAsync(Match.Session($"sid-{Any()}"))),
        ("end a token", () => RevokeAsync(Match.Token($"token-{Any()}"))),
        ("end a person", () => RevokeAsync(Match.Subject($"subject-{Any() / 3}"))),
        ("end a person but for one session", EndOthersAsync),
        ("renew a person", () => RevokeAsync(Match.Subject($"subject-{Any() / 3}"), Effect.Renew)),
        ("block a person", BlockAsync),
        ("end a session and lift that", () => AndLiftAsync(() => RevokeAsync(Match.Session($"sid-{Any()}")))),
        ("end a person but for one session and lift that", () => AndLiftAsync(EndOthersAsync)),
        ("block a person and lift that", () => AndLiftAsync(BlockAsync)),
        ("renew a client with most of the sessions and lift that", () => AndLiftAsync(RenewManyAsync)),
        ("end a person under an idempotency key", EndUnderKeyAsync),
        ("start a session and change its claims", StartAndChangeAsync),
        ("end a tag of 200 sessions", () => RevokeAsync(Match.Tag("team", "small"))),
        ("preview a tag of 200 sessions",
            () => Store.Revocations.PreviewAsync(Draft(Match.Tag("team", "small"), Effect.End, null), default)),
        ("find an act", () => Store.Revocations.FindAsync(new(Any()), default)),
        ("list the acts on a match",
            () => Store.Revocations.ListAsync(
                new(Issuer, Match.Subject($"value-{Any()}")), new(LogPosition.MaxValue), 50, default)),
        ("list the acts of an actor",
            () => Store.Revocations.ListAsync(new(Actor: "client:7"), new(LogPosition.MaxValue), 50, default)),
        ("list the acts of an actor on a match, at any issuer",
            () => Store.Revocations.ListAsync(
                new(Match: Match.Subject($"value-{Any()}"), Actor: "client:7"), new(LogPosition.MaxValue), 50, default)),
        ("list the acts of an actor at our issuer",
            () => Store.Revocations.ListAsync(new(Issuer, Actor: "client:7"), new(LogPosition.MaxValue), 50, default)),
        ("list acts, far down", () => Store.Revocations.ListAsync(new(), new(_rows / 2), 50, default)),
        ("read the log, half way", () => Store.Revocations.ReadAsync(new(_rows / 2), 100, default)),
        ("read the end of the log", () => Store.Revocations.ReadAsync(_last!.Position, 1000, default)),
        ("audit of a person", () => Store.Registry.AuditAsync(new($"subject-{Any() / 3}", null, null, default, 100), default)),
        ("audit of an actor", () => Store.Registry.AuditAsync(new(null, "client:7", null, default, 100), default)),
        ("audit of a person by an actor",
            () => Store.Registry.AuditAsync(new($"subject-{Any() / 3}", null, "client:7", default, 100), default)),
        ("renew a client with most of the sessions", RenewManyAsync),
        ("preview a client with most of the sessions",
            () => Store.Revocations.PreviewAsync(Draft(Match.Client("web"), Effect.End, null), default)),
        ("upkeep with nothing due", PurgeAsync),
        ("look for logouts", () => Store.Logouts.WaitingAsync(default)),
        ("advance spreads", () => Store.Revocations.AdvanceSpreadsAsync(default)),
    ];

    /// <summary>Steps, scanned rows and processor time of one run, the median of many.</summary>
    public async Task<Cost> MeasureAsync(Func<Task> run, int times)
    {
        await run();
        var costs = new List<Cost>();
        for (var i = 0; i < times; i++)
        {
            costs.Add(await MeasureOnceAsync(run));
        }

        return new(Median(costs, cost => cost.Steps), Median(costs, cost => cost.Scanned), Median(costs, cost => cost.Processor));
    }

    public async Task<Cost> MeasureOnceAsync(Func<Task> run)
    {
        _counts.Take();
        var before = Process.GetCurrentProcess().TotalProcessorTime;
        await run();
        var (steps, scanned) = _counts.Take();
        return new(steps, scanned, Process.GetCurrentProcess().TotalProcessorTime - before);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static T Median<T>(List<Cost> costs, Func<Cost, T> of) => costs.Select(of).Order().ElementAt(costs.Count / 2);

    private long Any() => Random.Shared.Next(300, _rows);

    public Task RenewOneAsync() => RevokeAsync(Match.Session($"sid-{Any()}"), Effect.Renew);

    public Task RenewManyAsync() => RevokeAsync(Match.Client("web"), Effect.Renew);

    /// <summary>Puts 100,000 states there that are past their date.</summary>
    public void ExpireMany()
    {
        using var connection = Connect(_folder);
        using var fill = connection.CreateCommand();
        fill.CommandText =
            "insert into states select issuer, 1, 'expired-' || value, '', position, at, 1, 0, 0, 0, 0, 0, 0, 0, 1 "
            + "from states limit 100000";
        fill.ExecuteNonQuery();
    }

    public Task<long> PurgeAsync() => Store.Revocations.PurgeAsync(default);

    public async Task RefreshAsync()
    {
        var session = (await Store.Sessions.FindAsync($"sid-{Any()}", default))!;
        await Store.Sessions.RotateAsync(
            new()
            {
                SessionId = session.Id, Generation = session.Generation, ClientId = session.ClientId,
                IdleLifetime = TimeSpan.FromDays(1), Audit = AuditContext.System,
            },
            default);
    }

    private async Task RevokeAsync(Match match, Effect effect = Effect.End, long? second = null) =>
        _last = (await Store.Revocations.RevokeAsync(Draft(match, effect, second), default)).Revocation;

    private async Task EndOthersAsync()
    {
        var one = Any();
        var draft = Draft(Match.Subject($"subject-{one / 3}"), Effect.End, null) with { Except = [$"sid-{one}"] };
        _last = (await Store.Revocations.RevokeAsync(draft, default)).Revocation;
    }

    private Task BlockAsync() => RevokeAsync(
        Match.Subject($"subject-{Any() / 3}"), Effect.Block, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600);

    // Each lift is of another act: a second lift of the same would do nothing.
    private async Task AndLiftAsync(Func<Task> revoke)
    {
        await revoke();
        await Store.Revocations.LiftAsync(_last!.Position, AuditContext.System, default);
    }

    private Task<RevokeOutcome> EndUnderKeyAsync() => Store.Revocations.RevokeAsync(
        Draft(Match.Subject($"subject-{Any() / 3}"), Effect.End, null) with
        {
            Idempotency = new("client:growth", Entropy.System.NextId(), "hash"),
        },
        default);

    // One that lives: of few sessions most have been ended by then.
    private async Task StartAndChangeAsync()
    {
        var session = NewSession();
        await Store.Sessions.StartAsync(new() { Session = session, Audit = AuditContext.System }, default);
        await Store.Sessions.ChangeAsync(
            new()
            {
                SessionId = session.Id, Claims = """{"role":"buyer"}""", Allows = static _ => true, Audit = AuditContext.System,
            },
            default);
    }

    private static RevocationDraft Draft(Match match, Effect effect, long? second) =>
        new() { Issuer = Issuer, Match = match, Effect = effect, Second = second, Reason = "test", Audit = AuditContext.System };

    private Session NewSession()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return new()
        {
            Id = Entropy.System.NextId(), Subject = $"subject-{Any() / 3}", ClientId = "web", Audience = ["orders"],
            CreatedAt = now, AuthenticatedAt = 0, LastRefreshedAt = now, Generation = 1, IdleExpiresAt = now + 86400,
            ExpiresAt = now + 864000, Started = default, RefreshKeyId = 1, Salt = new byte[16],
        };
    }
}

/// <summary>What one run costs.</summary>
internal readonly record struct Cost(long Steps, long Scanned, TimeSpan Processor);
