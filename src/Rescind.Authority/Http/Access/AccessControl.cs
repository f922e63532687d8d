using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Http.Access;

/// <summary>
/// Checks the bearer token of a request against what its route asks. <c>/v1</c> takes only client-credentials tokens:
/// <c>aud</c> has <c>&lt;issuer&gt;/v1</c>, <c>sub</c> is <c>client:&lt;client_id&gt;</c>, no <c>sid</c>, the client is
/// registered still, and what counts of its scopes is what its record grants now. All comparisons are ordinal.
/// </summary>
internal sealed class AccessControl(
    OwnTokens tokens, ClientRegistry clients, SameOriginPolicy sameOrigin, IOptions<AuthorityOptions> options)
{
    private const string Scheme = "Bearer ";

    private string Issuer => options.Value.Issuer!;

    /// <summary>
    /// Null if the request may go on, its caller then known to <see cref="CallContext"/>; otherwise the refusal.
    /// </summary>
    public Problem? Authorize(HttpContext context, RouteAccess access)
    {
        if (!access.IsBearer)
        {
            return access.Kind is AccessKind.OwnPage ? sameOrigin.Authorize(context) : null;
        }

        if (FindToken(context.Request, out var token) is { } refusal)
        {
            return refusal;
        }

        return access.Kind is AccessKind.Scope
            ? AdmitClient(context, access, tokens.Read(token))
            : AdmitPerson(context, access, tokens.Read(token));
    }

    /// <summary>Whether a person may do with their own token what <paramref name="kind"/> asks; null if so.</summary>
    public Problem? AuthorizePerson(OwnToken? token, AccessKind kind) =>
        token is not { Facts: { SessionId: not null, ClientId: { } clientId } } || !clients.Has(clientId)
        || !MayStill(token.Verdict, kind)
            ? BadToken(token)
        : kind is AccessKind.OwnToken && !token.Audience.Contains(Issuer)
            ? Errors.MissingAudience.Refused(Challenges.Bearer("insufficient_scope", Errors.MissingAudience.Title))
        : null;

    // T-29, BT-3: exactly one Authorization header and no token elsewhere. A form is checked by its reader.
    private static Problem? FindToken(HttpRequest request, out ReadOnlySpan<char> token)
    {
        token = default;
        var headers = request.Headers.Authorization;
        if (headers.Count > 1 || (headers.Count == 1 && request.Query.ContainsKey("access_token")))
        {
            return Errors.SeveralCredentials.Refused(Challenges.Bearer("invalid_request", Errors.SeveralCredentials.Title));
        }

        if (headers.Count == 0 || !headers[0]!.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return Errors.NoCredentials.Refused(Challenges.Bearer());
        }

        token = headers[0].AsSpan(Scheme.Length).TrimStart(' ');
        return null;
    }

    // With the scopes that count; null if it is not a live client-credentials token of ours.
    private Caller? Identify(OwnToken? token)
    {
        if (token is not { Verdict.IsValid: true, Facts: { SessionId: null, ClientId: { } clientId } facts }
            || facts.Subject != ReservedNames.ClientSubject(clientId)
            || !token.Audience.Contains(ReservedNames.Audience(Issuer))
            || clients.Find(clientId) is not { } record)
        {
            return null;
        }

        return new(clientId, [.. token.Scopes.Where(scope => record.Grants(scope))]);
    }

    private Problem? AdmitClient(HttpContext context, RouteAccess access, OwnToken? token)
    {
        if (Identify(token) is not { } caller)
        {
            return BadToken(token);
        }

        if (!access.Scopes.Any(caller.May))
        {
            return Challenges.MissingScope(access.Scopes);
        }

        context.Features.Set(caller);
        return null;
    }

    private Problem? AdmitPerson(HttpContext context, RouteAccess access, OwnToken? token)
    {
        var refusal = AuthorizePerson(token, access.Kind);
        if (refusal is null)
        {
            context.Features.Set(token);
        }

        return refusal;
    }

    // A token that is merely out of date still names its session well enough to end it; a revoked one does nothing.
    private static bool MayStill(Verdict verdict, AccessKind kind) =>
        verdict.IsValid || (kind is AccessKind.OwnTokenEvenExpired
            && verdict.Kind is VerdictKind.Expired or VerdictKind.Renew or VerdictKind.Reauthenticate);

    // Whoever holds a genuine token may know which act took it back; of any other text there is nothing to tell.
    private static Problem BadToken(OwnToken? token) => new(new(Errors.BadToken) { Explanation = token?.Verdict.By ?? default })
    {
        Challenge = Challenges.Bearer("invalid_token", Errors.BadToken.Title),
    };
}
