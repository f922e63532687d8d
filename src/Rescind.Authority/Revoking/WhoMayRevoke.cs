using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Endpoints;

namespace Rescind.Authority.Revoking;

/// <summary>
/// Whether an API client may revoke what it asks: the most dangerous permission in a company. <c>revoke</c> is for a token, a session or a
/// subject; <c>revoke.broad</c> for a client, a tag, a key or an issuer. Other issuers than our own only where its record lists them.
/// </summary>
internal sealed class WhoMayRevoke(ClientRegistry clients)
{
    /// <summary>Whether a match is broad: it hits what nobody can count on fingers, and must be confirmed.</summary>
    public static bool IsBroad(Match match) => match.Kind is MatchKind.Client or MatchKind.Tag or MatchKind.Key or MatchKind.Issuer;

    /// <summary>The refusal, or null.</summary>
    public Problem? Judge(RevocationRequest request, Caller caller, bool own)
    {
        var scope = IsBroad(request.Match) ? Scopes.RevokeBroad : Scopes.Revoke;
        return !caller.May(scope)
                ? Errors.MissingScope.Refused(Challenges.Bearer("insufficient_scope", Errors.MissingScope.Title, scope))
            : !own && !MayFor(caller, request.Issuer!) ? Errors.IssuerNotAllowed.Problem()
            : own && NamesItself(request.Match, caller) ? Errors.OwnLockOut.Problem()
            : null;
    }

    /// <summary>Whether the caller may revoke for an issuer that is not our own.</summary>
    public bool MayFor(Caller caller, string issuer) =>
        caller.May(Scopes.Admin) || clients.Find(caller.ClientId) is { } record && record.Issuers.Contains(issuer, StringComparer.Ordinal);

    private static bool NamesItself(Match match, Caller caller) => match.Kind switch
    {
        MatchKind.Client => match.Value == caller.ClientId,
        MatchKind.Subject => match.Value == ReservedNames.ClientSubject(caller.ClientId),
        _ => false,
    };
}
