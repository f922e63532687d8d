using System.Text.Json;
using Rescind.Client.Tests.Support;

namespace Rescind.StoreContract;

/// <summary>
/// What every suite of the contract needs: a store on a clock that the test moves, and the words for acting on it.
/// </summary>
public abstract class StoreSuite
{
    internal const string OwnIssuer = "https://auth.example";
    internal const string ForeignIssuer = "https://login.example-idp.com/tenant";

    internal static readonly AuditContext Caller = new("client:test", "203.0.113.7", "request-1");

    internal static readonly IssuerLimits Limits = new(300, 90 * 86400, 0, IssuerLimits.DefaultLeeway);

    internal static IssuerRecord OwnRecord => Record(OwnIssuer);

    internal SettableTime Time { get; } = new(new DateTimeOffset(2026, 11, 23, 9, 0, 0, 250, TimeSpan.Zero));

    internal long Now => Time.GetUtcNow().ToUnixTimeSeconds();

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Opens the store of this test: the first time an empty one, later the same data again.</summary>
    internal abstract Task<OpenedStore> OpenAsync();

    /// <summary>How often a test repeats itself: the full count with RESCIND_FULL=1, otherwise a tenth.</summary>
    private protected static int CountOf(int full) =>
        Environment.GetEnvironmentVariable("RESCIND_FULL") == "1" ? full : Math.Max(1, full / 10);

    internal static IssuerRecord Record(string issuer) => new()
    {
        Issuer = issuer, Own = issuer == OwnIssuer, Limits = Limits, Types = ["at+jwt"], Algorithms = ["ES256"],
    };

    internal Session NewSession(string subject = "alice", string client = "web", params IReadOnlyList<SessionTag> tags) => new()
    {
        Id = Entropy.System.NextId(),
        Subject = subject,
        ClientId = client,
        Audience = ["orders"],
        CreatedAt = Now,
        AuthenticatedAt = 0,
        LastRefreshedAt = Now,
        Generation = 1,
        IdleExpiresAt = Now + 14 * 86400,
        ExpiresAt = Now + 90 * 86400,
        Started = default,
        RefreshKeyId = 1,
        Salt = new byte[] { 1, 2, 3 },
        Tags = tags,
    };

    private protected static Task<StartOutcome> TryStartAsync(OpenedStore store, Session session, string? replaces = null) =>
        store.Sessions.StartAsync(new() { Session = session, Replaces = replaces, Audit = Caller }, Cancel);

    private protected static async Task<Session> StartAsync(OpenedStore store, Session session)
    {
        var outcome = await TryStartAsync(store, session);
        outcome.Result.ShouldBe(StartResult.Started);
        return outcome.Session!;
    }

    private protected static Task<RotationOutcome> RotateAsync(
        OpenedStore store, Session session, uint? generation = null, Func<RotationAttempt, RotationAttempt>? change = null)
    {
        var attempt = new RotationAttempt
        {
            SessionId = session.Id,
            Generation = generation ?? session.Generation,
            ClientId = session.ClientId,
            Known = session,
            IdleLifetime = TimeSpan.FromDays(14),
            Audit = Caller,
        };
        return store.Sessions.RotateAsync(change is null ? attempt : change(attempt), Cancel);
    }

    internal static RevocationDraft Draft(
        Match match, Effect effect = Effect.End, long? second = null, string issuer = OwnIssuer) =>
        new() { Issuer = issuer, Match = match, Effect = effect, Second = second, Reason = "test", Audit = Caller };

    private protected static async Task<Revocation> RevokeAsync(
        OpenedStore store, Match match, Effect effect = Effect.End, long? second = null, string issuer = OwnIssuer) =>
        (await store.Revocations.RevokeAsync(Draft(match, effect, second, issuer), Cancel)).Revocation!;

    private protected static async Task<Session> FindAsync(OpenedStore store, Session session) =>
        (await store.Sessions.FindAsync(session.Id, Cancel)).ShouldNotBeNull();

    // Records compare lists and memory by reference; this one looks inside.
    private protected static void ShouldBeSame<T>(T actual, T expected) =>
        JsonSerializer.Serialize(actual).ShouldBe(JsonSerializer.Serialize(expected));

    private protected static async Task<LogHead> HeadAsync(OpenedStore store) => (await store.Registry.LoadAsync(Cancel)).Head;

    private protected static Task<(LogHead Head, List<LogEntry> Entries)> SnapshotAsync(OpenedStore store, long? now = null) =>
        SnapshotAsync(store, new SnapshotTime(now, IsSecondClock: now is not null));

    private protected static async Task<(LogHead Head, List<LogEntry> Entries)> SnapshotAsync(
        OpenedStore store, SnapshotTime time)
    {
        var (head, entries) = ((LogHead?)null, new List<LogEntry>());
        await store.Revocations.SnapshotAsync(
            time,
            found =>
            {
                head = found;
                entries.ShouldBeEmpty();
                return Task.CompletedTask;
            },
            entry =>
            {
                entries.Add(entry);
                return Task.CompletedTask;
            },
            Cancel);
        return (head!, entries);
    }

    /// <summary>The whole log from its beginning, its chain proved entry by entry up to the head.</summary>
    private protected static async Task<IReadOnlyList<LogEntry>> ReadProvedLogAsync(
        OpenedStore store, LogPosition after = default)
    {
        var page = (await store.Revocations.ReadAsync(after, int.MaxValue, Cancel)).ShouldNotBeNull();
        var (chain, last) = (page.Before.ShouldNotBeNull(), after);
        foreach (var entry in page.Entries)
        {
            entry.Position.ShouldBeGreaterThan(last);
            (chain, last) = (chain.Then(entry), entry.Position);
        }

        chain.ShouldBe(page.Head.Chain);
        last.ShouldBe(page.Head.Position);
        return page.Entries;
    }

    /// <summary>
    /// Runs <paramref name="calls"/> while the store is held up by an item of its own, so that a store with group commit
    /// takes them all, in this order, in one transaction.
    /// </summary>
    private protected async Task InOneBatchAsync(OpenedStore store, params IReadOnlyList<Func<Task>> calls)
    {
        store.Gate.Close();
        var holding = StartAsync(store, NewSession("somebody else", "other"));
        await store.Gate.ReachedAsync(Cancel);
        var running = calls.Select(call => call()).ToList();
        store.Gate.Open();
        await Task.WhenAll(running.Append(holding));
    }
}
