using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Keys;
using Rescind.Authority.Nodes;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Tests.Support;

/// <summary>
/// Everything that mints and reads tokens, on a real store in a folder of its own and on a clock that the test moves. No HTTP.
/// </summary>
internal sealed class Issuance : IAsyncDisposable
{
    public const string Issuer = "https://auth.example";

    private static readonly AuditContext Test = new("client:test", null, null);

    private readonly SqliteStore _store;
    private readonly NodeRegistry _registry;
    private readonly LogFollower _follower;

    private Issuance(string folder, FakeTimeProvider time, AuthorityOptions options)
    {
        Time = time;
        Options = options;
        Log = new(time, Entropy.System);
        _store = SqliteStore.Open(new() { Folder = folder, Issuer = Issuer }, time, Entropy.System);
        _registry = new(_store.Registry);
        _follower = new(_store, Log, _registry, time);
        Keys = new(
            _registry, new(null, null, folder, Entropy.System),
            new(options.SigningAlgorithm, options.SigningKeyLifetime, options.AccessTokenLifetime), _store.Clock,
            time, Entropy.System);
        Tokens = new(Keys, Microsoft.Extensions.Options.Options.Create(options), time, Entropy.System);
        Own = new(Keys, Log.Replica, new(Log.Replica, time), _store.Clock);
        Refresh = new(Keys);
    }

    public FakeTimeProvider Time { get; }

    public AuthorityOptions Options { get; }

    public CommittedLog Log { get; }

    public KeyRing Keys { get; }

    public TokenIssuer Tokens { get; }

    public OwnTokens Own { get; }

    public RefreshTokens Refresh { get; }

    public IRegistryStore Registry => _store.Registry;

    public IRevocationStore Revocations => _store.Revocations;

    public LogPosition Head => Log.Tail.Head.Position;

    public static async Task<Issuance> StartAsync(
        string folder, FakeTimeProvider? time = null, Action<AuthorityOptions>? configure = null)
    {
        var options = new AuthorityOptions { Issuer = Issuer, DataDirectory = folder };
        configure?.Invoke(options);
        var issuance = new Issuance(folder, time ?? new(DateTimeOffset.UtcNow), options);
        try
        {
            await issuance.StartAsync();
            return issuance;
        }
        catch
        {
            await issuance.DisposeAsync();
            throw;
        }
    }

    public Task<RevokeOutcome> EndAsync(Match match) => Revocations.RevokeAsync(
        new() { Issuer = Issuer, Match = match, Effect = Effect.End, Reason = "test", Audit = Test }, CancellationToken.None);

    public Session NewSession(string subject = "alice", Func<Session, Session>? change = null)
    {
        var now = Time.GetUtcNow().ToUnixTimeSeconds();
        var salt = new byte[16];
        Entropy.System.Fill(salt);
        var session = new Session
        {
            Id = Entropy.System.NextId(),
            Subject = subject,
            ClientId = "web",
            Audience = ["orders"],
            Scope = "orders.read orders.write",
            CreatedAt = now,
            AuthenticatedAt = now,
            LastRefreshedAt = now,
            Generation = 1,
            IdleExpiresAt = now + 86400,
            ExpiresAt = now + 864000,
            Started = Head,
            RefreshKeyId = Refresh.CurrentKeyId,
            Salt = salt,
        };
        return change is null ? session : change(session);
    }

    public async ValueTask DisposeAsync()
    {
        Keys.Dispose();
        _follower.Dispose();
        _registry.Dispose();
        await _store.DisposeAsync();
    }

    private async Task StartAsync()
    {
        await _follower.BeginAsync(CancellationToken.None);
        var registry = await Registry.LoadAsync(CancellationToken.None);
        await Keys.StartAsync(registry, CancellationToken.None);
        var limits = new IssuerLimits(
            (long)Options.AccessTokenLifetime.TotalSeconds, (long)Options.SessionLifetime.TotalSeconds, 0,
            IssuerLimits.DefaultLeeway);
        await Registry.SaveIssuerAsync(
            new() { Issuer = Issuer, Own = true, Limits = limits, SendsAuthTime = true, Types = ["at+jwt"],
                Algorithms = SigningKey.Algorithms },
            Test, CancellationToken.None);
    }
}
