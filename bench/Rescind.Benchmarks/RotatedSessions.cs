using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;

namespace Rescind.Benchmarks;

/// <summary>A session for each caller, which it refreshes again and again.</summary>
internal sealed class RotatedSessions
{
    private readonly ISessionStore _store;
    private readonly Session[] _sessions;

    private RotatedSessions(ISessionStore store, Session[] sessions) => (_store, _sessions) = (store, sessions);

    public static async Task<RotatedSessions> StartAsync(ISessionStore store, int callers)
    {
        var sessions = new Session[callers];
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        for (var i = 0; i < callers; i++)
        {
            var draft = new Session
            {
                Id = Entropy.System.NextId(), Subject = $"u-{i}", ClientId = "web", Audience = ["orders"],
                CreatedAt = now, AuthenticatedAt = 0, LastRefreshedAt = now, Generation = 1, IdleExpiresAt = now + 3600,
                ExpiresAt = now + 7200, Started = default, RefreshKeyId = 1, Salt = new byte[16],
            };
            sessions[i] =
                (await store.StartAsync(new() { Session = draft, Audit = AuditContext.System }, CancellationToken.None)).Session!;
        }

        return new(store, sessions);
    }

    public async Task RotateAsync(int caller)
    {
        var attempt = new RotationAttempt
        {
            SessionId = _sessions[caller].Id, Generation = _sessions[caller].Generation, ClientId = "web",
            Known = _sessions[caller], IdleLifetime = TimeSpan.FromHours(1), Audit = AuditContext.System,
        };
        var outcome = await _store.RotateAsync(attempt, CancellationToken.None);
        _sessions[caller] = outcome.Result is RotationResult.Rotated
            ? outcome.Session!
            : throw new InvalidOperationException($"{outcome.Result}");
    }
}
