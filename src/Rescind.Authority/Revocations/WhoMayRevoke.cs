using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Revocations;

/// <summary>
/// Whether an API client may revoke what it asks: the most dangerous permission in a company. <c>revoke</c> is for a
/// token, a session or a person; <c>revoke.broad</c> for a client, also as a subject, a tag, a key or an issuer;
/// <c>admin</c> for whatever would refuse a token that an administrator gets afterwards. Other issuers than our own
/// only where its record lists them.
/// </summary>
internal sealed class WhoMayRevoke(ClientRegistry clients, Administrators administrators, LaterTokens later)
{
    /// <summary>
    /// Whether <c>revoke.broad</c> is needed: for what is broad, and for an API client that is named as a subject.
    /// </summary>
    public static bool NeedsBroad(Match match, bool own) =>
        !match.Traits.IsNarrow || (own && match.Kind is MatchKind.Subject && ReservedNames.IsSubject(match.Value!));

    /// <summary>The refusal, or null.</summary>
    public Refusal? Authorize(RevocationRequest request, Caller caller, bool own)
    {
        if (own && NamesItself(request.Match, caller))
        {
            return Errors.OwnLockOut.Refusal();
        }

        var scope = own && administrators.AreRefused(request.Match, request.Effect) ? ScopeNames.Admin
            : NeedsBroad(request.Match, own) ? ScopeNames.RevokeBroad
            : ScopeNames.Revoke;
        return !caller.May(scope) ? Lacks(scope)
            : !own && !MayFor(caller, request.Issuer!) ? Errors.IssuerNotAllowed.Refusal()
            : null;
    }

    /// <summary>
    /// The refusal of a revocation at our own issuer that would refuse what the caller's own client gets after it, or null.
    /// </summary>
    public Refusal? AuthorizeForItself(RevocationRequest request, Caller caller) =>
        clients.Find(caller.ClientId) is not { } record || !later.AnyRefused(record, request.Match, request.Effect) ? null
        : administrators.Validate(request.Match, request.Effect) ?? Errors.OwnLockOut.Refusal();

    /// <summary>
    /// The refusal of a lift, or null. Whoever may not have done it may not undo it; and what somebody else did to an
    /// API client, an administrator who replaced its secret or removed it among them, only an administrator undoes.
    /// </summary>
    public Refusal? AuthorizeLift(Revocation act, Caller caller, bool own)
    {
        var isOnClient = own
            && (act.Match.Kind is MatchKind.Client || (act.Match.Kind is MatchKind.Subject && NeedsBroad(act.Match, own)));
        return isOnClient && act.Actor != caller.Actor && !caller.May(ScopeNames.Admin)
            ? Lacks(ScopeNames.Admin)
            : Authorize(new() { Match = act.Match, Effect = act.Effect, Issuer = act.Issuer, Reason = act.Reason }, caller, own);
    }

    /// <summary>Whether the caller may revoke for an issuer that is not our own.</summary>
    public bool MayFor(Caller caller, string issuer) =>
        caller.May(ScopeNames.Admin)
        || clients.Find(caller.ClientId) is { } record && record.Issuers.Contains(issuer);

    private static Refusal Lacks(string scope) => new(Errors.MissingScope) { Scope = scope };

    private static bool NamesItself(Match match, Caller caller) => match.Kind switch
    {
        MatchKind.Client => match.Value == caller.ClientId,
        MatchKind.Subject => match.Value == ReservedNames.ClientSubject(caller.ClientId),
        _ => false,
    };
}
