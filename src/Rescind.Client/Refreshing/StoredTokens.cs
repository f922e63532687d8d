using Microsoft.Extensions.Logging;
using Rescind.Client.Diagnostics;

namespace Rescind.Client.Refreshing;

/// <summary>
/// What is stored changes one at a time, and together with what is current: whoever changes it says under the same gate whether
/// the change is still wanted, and what becomes current with it. So a refresh that ends late cannot bring back what a logout cleared.
/// </summary>
internal sealed class StoredTokens(ITokenStore store, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>Reads what is stored, and hands it over. What cannot be a token is absent.</summary>
    public Task<SessionFailure?> LoadAsync(Func<bool> isWanted, Action<SessionTokens?> use, CancellationToken cancellationToken) => ChangeAsync(
        isWanted, async () => use(Read(await store.LoadAsync(cancellationToken).ConfigureAwait(false))), cancellationToken);

    /// <summary>Stores the tokens first and publishes them then (T-38). If storing fails nothing is published.</summary>
    public Task<SessionFailure?> SaveAsync(
        SessionTokens tokens, Func<bool> isWanted, Action publish, CancellationToken cancellationToken) => ChangeAsync(
        isWanted,
        async () =>
        {
            // Not to be given up half-way: what is stored must be whole.
            await store.SaveAsync(tokens, CancellationToken.None).ConfigureAwait(false);
            publish();
        },
        cancellationToken);

    /// <summary>Takes the tokens out of use first and out of the store then.</summary>
    public Task<SessionFailure?> ClearAsync(Func<bool> isWanted, Action withdraw, CancellationToken cancellationToken) => ChangeAsync(
        isWanted,
        async () =>
        {
            withdraw();
            await store.ClearAsync(CancellationToken.None).ConfigureAwait(false);
        },
        cancellationToken);

    public void Dispose() => _gate.Dispose();

    // Without a refresh token there is no session to go on with; without an access token the first call refreshes.
    private SessionTokens? Read(SessionTokens? stored)
    {
        if (stored is null || TokenText.AreTokens(stored))
        {
            return stored;
        }

        ClientLog.NotTokens(logger);
        return TokenText.IsRefreshToken(stored.RefreshToken) ? stored with { AccessToken = null } : null;
    }

    private async Task<SessionFailure?> ChangeAsync(Func<bool> isWanted, Func<Task> change, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (isWanted())
            {
                await change().ConfigureAwait(false);
            }

            return null;
        }
#pragma warning disable CA1031 // Whatever an application's store throws, the session is kept.
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return new(ClientErrors.StoreFailed, null, failure);
        }
#pragma warning restore CA1031
        finally
        {
            _gate.Release();
        }
    }
}
