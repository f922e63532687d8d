using System.Buffers.Text;
using Rescind.Authority.Clients;
using Rescind.Authority.Keys;

namespace Rescind.Authority.Tokens;

/// <summary>
/// One of our own access tokens, its signature verified and judged on the Authority's own state: exact, not bounded.
/// </summary>
/// <param name="Facts">What it says.</param>
/// <param name="Verdict">
/// Whether it may be used; an expired or revoked one is still here, so that it can be revoked or logged out.
/// </param>
/// <param name="Audience">Its <c>aud</c>.</param>
/// <param name="Scopes">Its <c>scope</c>, taken apart.</param>
internal sealed record OwnToken(TokenFacts Facts, Verdict Verdict, IReadOnlyList<string> Audience, IReadOnlyList<string> Scopes);

/// <summary>Verifies tokens that this Authority issued. Strict reading first, then the signature, then the verdict.</summary>
internal sealed class OwnTokens(KeyRing keys, Replica replica, Judge judge, SteadyClock clock)
{
    /// <summary>
    /// Whether no verifier can accept a token any more, the slowest clock included: then there is nothing to take back.
    /// </summary>
    public bool IsOver(OwnToken token) => replica.OwnIssuer is { } issuer
        && clock.Believed.ToUnixTimeSeconds() > token.Facts.ExpiresAt + issuer.Limits.Leeway + Retention.ClockMargin;

    /// <summary>
    /// The token, or null if it is none of ours: unreadable, of another issuer, of an unknown key, or with a bad signature.
    /// </summary>
    public OwnToken? Read(ReadOnlySpan<char> token)
    {
        if (!CompactJws.TryRead(token, out var jws, out _) || replica.OwnIssuer is not { } record
            || !TokenFacts.TryCreate(jws, record, null, out var facts, out _)
            || keys.Find(jws.KeyId) is not { } key || key.Row.Algorithm != jws.Algorithm || !IsSignedBy(key, token))
        {
            return null;
        }

        // Our own state is the log itself: it is never stale.
        return new(facts, judge.Decide(facts, TimeSpan.Zero), facts.Audience, ScopeNames.Split(facts.Scope));
    }

    // The input is signed as it was received, never serialised again (JWS-5).
    private static bool IsSignedBy(SigningKey key, ReadOnlySpan<char> token)
    {
        var dot = token.LastIndexOf('.');
        var input = new byte[dot];
        Encoding.ASCII.GetBytes(token[..dot], input);
        return key.Verify(input, Base64Url.DecodeFromChars(token[(dot + 1)..]));
    }
}
