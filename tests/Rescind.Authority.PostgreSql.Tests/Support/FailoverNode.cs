using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Rescind.Authority.Keys;
using Rescind.Authority.Nodes;
using Rescind.Authority.PostgreSql.Stores;
using Rescind.Authority.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.PostgreSql.Tests.Support;

/// <summary>What of a node keeps up with the store: on whichever of two servers is the primary one.</summary>
internal sealed class FailoverNode : IAsyncDisposable
{
    private static readonly string MasterKey = Convert.ToBase64String(new byte[32]);

    private readonly PostgresStore _store;
    private readonly NodeRegistry _registry;
    private readonly LogFollower _follower;

    private FailoverNode(PostgresStore store, TimeProvider time)
    {
        (_store, _registry) = (store, new(store.Registry));
        Log = new(TimeProvider.System, Entropy.System);
        Keys = new(
            _registry, new MasterKeySource(MasterKey, null, ".", Entropy.System),
            new KeyPolicy("ES256", TimeSpan.FromDays(30), TimeSpan.FromMinutes(5)), store.Clock, TimeProvider.System,
            Entropy.System);
        Recovery = new(store, Log, Keys, Entropy.System, time, NullLogger<FailoverRecovery>.Instance);
        _follower = new(store, Log, _registry, TimeProvider.System, Recovery);
    }

    public PostgresStore Store => _store;

    public CommittedLog Log { get; }

    public KeyRing Keys { get; }

    public FailoverRecovery Recovery { get; }

    public TimeSpan Age => _follower.Age;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<FailoverNode> StartAsync(
        PostgresServer server, PostgresServer standby, TimeProvider? timeOfRecovery = null)
    {
        var connection = new NpgsqlConnectionStringBuilder(server.ConnectionString);
        var other = new NpgsqlConnectionStringBuilder(standby.ConnectionString);
        connection.Host = $"{connection.Host}:{connection.Port},{other.Host}:{other.Port}";
        connection["Target Session Attributes"] = "primary";
        var store = await PostgresStore.OpenAsync(
            new() { ConnectionString = connection.ConnectionString, Issuer = StoreSuite.OwnIssuer }, TimeProvider.System,
            Entropy.System);
        var node = new FailoverNode(store, timeOfRecovery ?? TimeProvider.System);
        await node._follower.BeginAsync(Cancel);
        await node.Keys.StartAsync(await store.Registry.LoadAsync(Cancel), Cancel);
        await node._follower.CatchUpAsync(Cancel);
        return node;
    }

    public Task CatchUpAsync() => _follower.CatchUpAsync(Cancel);

    /// <summary>Catches up once the store answers and the node knows how to go on.</summary>
    public Task CatchUpAtLastAsync() => AtLastAsync(async () =>
    {
        await CatchUpAsync();
        return true;
    });

    /// <summary>Tries until the store does it: connections to the server that is gone are met once each.</summary>
    public static async Task<T> AtLastAsync<T>(Func<Task<T>> work)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await work();
            }
            catch (StoreUnavailableException) when (attempt < 600)
            {
                await Task.Delay(100, Cancel);
            }
        }
    }

    public async Task<Revocation> RevokeAsync(
        Match match, Effect effect = Effect.End, long? second = null, string issuer = StoreSuite.OwnIssuer) =>
        (await _store.Revocations.RevokeAsync(StoreSuite.Draft(match, effect, second, issuer), Cancel)).Revocation!;

    public async Task<Session> LogInAsync(string subject)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var session = new Session
        {
            Id = Entropy.System.NextId(), Subject = subject, ClientId = "shop", Audience = ["orders"], CreatedAt = now,
            AuthenticatedAt = now, LastRefreshedAt = now, Generation = 1, IdleExpiresAt = now + 3600, ExpiresAt = now + 7200,
            Started = default, RefreshKeyId = 1, Salt = new byte[] { 1, 2, 3 }, Tags = [],
        };
        return (await _store.Sessions.StartAsync(new() { Session = session, Audit = StoreSuite.Caller }, Cancel)).Session!;
    }

    public async Task<SessionState> StateOfAsync(Session session) =>
        (await _store.Sessions.FindAsync(session.Id, Cancel))!.StateAt(DateTimeOffset.UtcNow.ToUnixTimeSeconds());

    public async ValueTask DisposeAsync()
    {
        _follower.Dispose();
        Keys.Dispose();
        _registry.Dispose();
        await _store.DisposeAsync();
    }
}
