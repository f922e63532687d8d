using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Issuing;
using Rescind.Authority.Revoking;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Endpoints;

/// <summary>
/// Turns a body into an act, or says why it is none. A whole token is verified first: an unverifiable one revokes nothing (T-28), and
/// a refresh token, which would otherwise go into the log as an id, is refused (G7).
/// </summary>
internal sealed class RevocationReader(OwnTokens tokens, RefreshTokens refreshTokens, IOptions<AuthorityOptions> options)
{
    /// <summary>The draft of <paramref name="body"/>, asked for by <paramref name="caller"/>.</summary>
    public Reading<RevocationDraft> Read(RevocationBody body, Caller caller, Origin origin)
    {
        if (NotOffered(body) is { } later)
        {
            return Refused(Errors.NotInThisVersion.Problem(later));
        }

        if (string.IsNullOrWhiteSpace(body.Reason) || body.Reason.Length > RevocationRules.LongestReason)
        {
            return Refused(Errors.InvalidReason.Problem());
        }

        if (Given(body.Match) != 1)
        {
            return Refused(Errors.InvalidMatch.Problem("match has exactly one member."));
        }

        return body.Match.Token is { } token && (token.Contains('.', StringComparison.Ordinal) || refreshTokens.TryRead(token, out _))
            ? ReadToken(token, body, origin)
            : ReadId(body, caller, origin);
    }

    /// <summary>What distinguishes a request from another under the same idempotency key.</summary>
    public static string HashOf(RevocationBody body) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(body, RevocationJson.Default.RevocationBody)));

    private Reading<RevocationDraft> ReadToken(string text, RevocationBody body, Origin origin) => tokens.Read(text) is { } token
        ? Reading<RevocationDraft>.Of(Draft(token.Facts.Token, body, origin) with { TokenExpires = token.Facts.ExpiresAt })
        : Refused(Errors.UnverifiableToken.Problem());

    private Reading<RevocationDraft> ReadId(RevocationBody body, Caller caller, Origin origin)
    {
        if (body.Match.Subject is { } subject && subject == ReservedNames.ClientSubject(caller.ClientId))
        {
            return Refused(Errors.OwnLockOut.Problem());
        }

        try
        {
            return Reading<RevocationDraft>.Of(Draft(MatchOf(body.Match), body, origin));
        }
        catch (ArgumentException)
        {
            return Refused(Errors.InvalidMatch.Problem($"A value is 1 to {Match.MaxValueBytes} bytes of text."));
        }
    }

    private RevocationDraft Draft(Match match, RevocationBody body, Origin origin) =>
        new() { Issuer = options.Value.Issuer!, Match = match, Effect = Effect.End, Reason = body.Reason, Origin = origin };

    private string? NotOffered(RevocationBody body) =>
        body.Effect is not (null or "end") ? "The effect must be end."
        : body.Match is { Client: not null } or { Tag: not null } or { Key: not null } or { Issuer: not null }
            ? "match names a token, a session or a subject."
        : body.Issuer is not null && body.Issuer != options.Value.Issuer ? "The issuer must be this Authority's own."
        : body.Before is not null || body.Until is not null || body.Except is { Count: > 0 } ? "before, until and except are not taken."
        : body.DryRun || body.Confirm is not null ? "dry_run and confirm are not taken."
        : null;

    private static Match MatchOf(MatchBody match) => match switch
    {
        { Token: { } jti } => Match.Token(jti),
        { Session: { } sid } => Match.Session(sid),
        _ => Match.Subject(match.Subject!),
    };

    private static int Given(MatchBody match) =>
        new object?[] { match.Token, match.Session, match.Subject, match.Client, match.Tag, match.Key, match.Issuer }
            .Count(member => member is not null);

    private static Reading<RevocationDraft> Refused(Problem problem) => Reading<RevocationDraft>.Refused(problem);
}
