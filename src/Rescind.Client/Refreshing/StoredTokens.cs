using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Rescind.Client.Diagnostics;

namespace Rescind.Client.Refreshing;

/// <summary>
/// What is stored changes one at a time, and together with what is current: whoever changes it says under the same gate whether
/// the change is still wanted, and what becomes current with it. So a refresh that ends late cannot bring back what a
/// logout cleared. Sessions on one store have one gate.
/// </summary>
internal sealed class StoredTokens(ITokenStore store, ILogger logger)
{
    private static readonly ConditionalWeakTable<ITokenStore, SemaphoreSlim> Gates = [];

    private readonly SemaphoreSlim _gate = Gates.GetValue(store, static _ => new(1, 1));

    /// <summary>Reads what is stored, and hands it over.</summary>
    public Task<SessionFailure?> LoadAsync(Func<bool> isWanted, Action<StoreContent> use, CancellationToken cancellationToken) =>
        InTurnAsync(
            async () =>
            {
                if (isWanted())
                {
                    var found = await store.LoadAsync(cancellationToken).ConfigureAwait(false);
                    use(new(found is null, Read(found)));
                }
            },
            cancellationToken);

    /// <summary>
    /// Stores the tokens first and publishes them then (T-38). If storing fails nothing is published. Those of a login, without a
    /// <paramref name="basis"/>, replace whatever is there.
    /// </summary>
    public Task<SessionFailure?> SaveAsync(
        SessionTokens tokens, RefreshBasis? basis, Action publish, CancellationToken cancellationToken) =>
        InTurnAsync(
            async () =>
            {
                if (basis is null || await HoldsAsync(basis, cancellationToken).ConfigureAwait(false))
                {
                    // Not to be given up half-way: what is stored must be whole.
                    await store.SaveAsync(tokens, CancellationToken.None).ConfigureAwait(false);
                    publish();
                }
            },
            cancellationToken);

    /// <summary>
    /// Takes the tokens out of use first and out of the store then, because a refresh was told that the session is over.
    /// </summary>
    public Task<SessionFailure?> ClearAsync(RefreshBasis basis, Action withdraw, CancellationToken cancellationToken) =>
        InTurnAsync(
            async () =>
            {
                if (await HoldsAsync(basis, cancellationToken).ConfigureAwait(false))
                {
                    withdraw();
                    await store.ClearAsync(CancellationToken.None).ConfigureAwait(false);
                }
            },
            cancellationToken);

    /// <summary>
    /// Takes the tokens out of use and out of the store for a logout, which is not to be given up. <paramref name="withdraw"/>
    /// gets what lies there, and says whether it is to be cleared. What cannot be read can still be cleared.
    /// </summary>
    public Task<SessionFailure?> ForgetAsync(Func<SessionTokens?, bool> withdraw) => InTurnAsync(
        async () =>
        {
            if (withdraw(await TryReadAsync().ConfigureAwait(false)))
            {
                await store.ClearAsync(CancellationToken.None).ConfigureAwait(false);
            }
        },
        CancellationToken.None);

    // A logout may begin while the store is read, so that it counts afterwards whether this is wanted. What is damaged
    // is replaced.
    private async ValueTask<bool> HoldsAsync(RefreshBasis basis, CancellationToken cancellationToken)
    {
        var found = await store.LoadAsync(cancellationToken).ConfigureAwait(false);
        var stored = Read(found);
        if (!basis.IsWanted())
        {
            return false;
        }

        if (found is not null && (stored is null || !basis.IsNews(stored)))
        {
            return true;
        }

        basis.Changed(stored);
        return false;
    }

    private async ValueTask<SessionTokens?> TryReadAsync()
    {
        try
        {
            return Read(await store.LoadAsync(CancellationToken.None).ConfigureAwait(false));
        }
#pragma warning disable CA1031 // Whatever an application's store throws, it is cleared.
        catch (Exception)
        {
            return null;
        }
#pragma warning restore CA1031
    }

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

    private async Task<SessionFailure?> InTurnAsync(Func<Task> change, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await change().ConfigureAwait(false);
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

/// <summary>What was found in the store.</summary>
/// <param name="IsEmpty">Whether nothing is stored; what cannot be a token is something.</param>
/// <param name="Tokens">Null if there are none that can be used.</param>
internal readonly record struct StoreContent(bool IsEmpty, SessionTokens? Tokens);

/// <summary>
/// What a refresh goes by. It replaces what it was made from and nothing else: not the tokens that another process has
/// stored since, and it fills no store that a logout has cleared.
/// </summary>
/// <param name="IsNews">Whether somebody else has stored this.</param>
/// <param name="IsWanted">Whether the session goes on here.</param>
/// <param name="Changed">Takes what is stored instead; null if nothing is.</param>
internal sealed record RefreshBasis(Func<SessionTokens, bool> IsNews, Func<bool> IsWanted, Action<SessionTokens?> Changed);
