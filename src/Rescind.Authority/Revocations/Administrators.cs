using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Revocations;

/// <summary>
/// Keeps at least one administrator: a client whose record holds <c>admin</c> and which gets tokens that are taken.
/// Whatever could take the last one away is judged and done in turn, so that two of them cannot take away each other.
/// Safe for concurrent use.
/// </summary>
internal sealed class Administrators(
    ClientRegistry clients, LaterTokens later, TokenIssuer issuer, OwnTokens tokens, CommittedLog log)
{
    /// <summary>Whether a revocation at our own issuer would refuse a token that an administrator gets after it.</summary>
    public bool AreRefused(Match match, Effect effect) => All.Any(client => later.AnyRefused(client, match, effect));

    /// <summary>
    /// The refusal of a revocation at our own issuer after which no administrator would be left; null if one would.
    /// </summary>
    public Refusal? Validate(Match match, Effect effect) =>
        !AreRefused(match, effect) || All.Any(client => !later.FullRefused(client, match, effect) && IsTaken(client))
            ? null
            : Errors.LastAdministrator.Refusal();

    /// <summary>
    /// The refusal to take administration from <paramref name="client"/>, if no other would be left; null if one would.
    /// </summary>
    public Refusal? ValidateWithout(ClientRecord client) =>
        !client.Grants(ScopeNames.Admin) || All.Any(other => other.ClientId != client.ClientId && IsTaken(other))
            ? null
            : Errors.LastAdministrator.Refusal();

    /// <summary>Runs <paramref name="append"/>, which appends such a revocation, unless no administrator would be left.</summary>
    public async Task<Result<T>> KeepOneAsync<T>(
        Match match, Effect effect, Func<Task<T>> append, CancellationToken cancellationToken)
        where T : class
    {
        return AreRefused(match, effect)
            ? await clients.InTurnAsync(InTurnAsync, cancellationToken).ConfigureAwait(false)
            : Result<T>.Of(await append().ConfigureAwait(false));

        async Task<Result<T>> InTurnAsync() => Validate(match, effect) is { } refusal
            ? Result<T>.Refused(refusal)
            : Result<T>.Of(await append().ConfigureAwait(false));
    }

    private IEnumerable<ClientRecord> All => clients.All.Where(client => client.Grants(ScopeNames.Admin));

    // Minted and judged as at the token endpoint: what stands against it already counts.
    private bool IsTaken(ClientRecord client) =>
        tokens.Read(issuer.IssueFor(client, client.Scopes, log.Tail.Head.Position).Text) is { Verdict.IsValid: true };
}
