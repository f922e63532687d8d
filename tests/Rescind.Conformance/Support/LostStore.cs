using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;

namespace Rescind.Conformance.Support;

/// <summary>A store of sessions that cannot promise anything.</summary>
internal sealed class LostStore : ISessionStore
{
    /// <summary>A session that it should have.</summary>
    public static Session NewSession(byte refreshKeyId) => new()
    {
        Id = Entropy.System.NextId(), Subject = "alice", ClientId = "web", Audience = ["orders"], CreatedAt = 0,
        AuthenticatedAt = 0, LastRefreshedAt = 0, Generation = 1, IdleExpiresAt = 0, ExpiresAt = 0, Started = default,
        RefreshKeyId = refreshKeyId, Salt = new byte[16],
    };

    public Task<StartOutcome> StartAsync(SessionDraft draft, CancellationToken cancellationToken) =>
        throw new StoreUnavailableException("lost");

    public Task<RotationOutcome> RotateAsync(RotationAttempt attempt, CancellationToken cancellationToken) =>
        throw new StoreUnavailableException("lost");

    public Task<ChangeOutcome> ChangeAsync(SessionChange change, CancellationToken cancellationToken) =>
        throw new StoreUnavailableException("lost");

    public Task<Session?> FindAsync(string id, CancellationToken cancellationToken) =>
        throw new StoreUnavailableException("lost");

    public Task<Session?> FindUnjudgedAsync(string id, CancellationToken cancellationToken) =>
        throw new StoreUnavailableException("lost");

    public Task<SessionPage> ListAsync(SessionQuery query, CancellationToken cancellationToken) =>
        throw new StoreUnavailableException("lost");
}
