using System.Buffers.Text;

namespace Rescind;

/// <summary>
/// What a verdict needs to know of a token, taken from the strict reader's bytes under its issuer's record, never from a
/// framework's principal. Immutable and safe to keep beside a connection; judging it again allocates nothing.
/// </summary>
public sealed class TokenFacts
{
    /// <summary>The latest date that is a date: the end of the year 9999 (JWT-8).</summary>
    public const long MaxDate = 253402300799;

    private TokenFacts()
    {
    }

    /// <summary><c>iss</c>.</summary>
    public required string Issuer { get; init; }

    /// <summary>The token's id (<c>jti</c> or what the issuer's record names).</summary>
    public string? TokenId { get; private init; }

    /// <summary>The session's id.</summary>
    public string? SessionId { get; private init; }

    /// <summary>The subject.</summary>
    public string? Subject { get; private init; }

    /// <summary>The client.</summary>
    public string? ClientId { get; private init; }

    /// <summary>The header's <c>kid</c>.</summary>
    public required string KeyId { get; init; }

    /// <summary><c>exp</c>, in seconds since the Unix epoch, floored.</summary>
    public long ExpiresAt { get; private init; }

    /// <summary><c>iat</c>, floored once (T-2); null only where the issuer's record says that it is absent.</summary>
    public long? IssuedAt { get; private init; }

    /// <summary><c>nbf</c>, floored; null if the token has none.</summary>
    public long? NotBefore { get; private init; }

    /// <summary><c>auth_time</c>, floored; null if the token has none.</summary>
    public long? AuthTime { get; private init; }

    /// <summary><c>acr</c>, how strong the login was; null if the token has none, or none that is a string.</summary>
    public string? Acr { get; private init; }

    /// <summary>
    /// <c>lpos</c>: the head that our own Authority had committed when it minted this token; the default elsewhere or
    /// if it is missing.
    /// </summary>
    public LogPosition LogPosition { get; private init; }

    /// <summary><c>aud</c>, as a list.</summary>
    public required IReadOnlyList<string> Audience { get; init; }

    /// <summary><c>scope</c>, if it is a string.</summary>
    public string? Scope { get; private init; }

    /// <summary>The token's match by which it alone is named: its id, or the digest of its signing input (T-14).</summary>
    public required Match Token { get; init; }

    /// <summary>
    /// Whether the token has <c>cnf</c>, of whatever form: it is bound to a key and no plain bearer token (RFC 7800,
    /// RFC 8705, RFC 9449).
    /// </summary>
    public bool IsBound { get; private init; }

    internal ProbeTexts Probes { get; private init; } = null!;

    /// <summary>
    /// Takes the facts of <paramref name="jws"/> under <paramref name="record"/>: its types, algorithms and claim names.
    /// False if the token is not one that this issuer would send, or names nobody who could be revoked: neither a
    /// subject nor a client, or no subject where the record requires one. Does not look at the signature.
    /// </summary>
    /// <param name="jws">The token, read.</param>
    /// <param name="record">The record of the issuer that it names.</param>
    /// <param name="keyThumbprint">
    /// The RFC 7638 thumbprint of the key that verified it, probed beside <c>kid</c> (T-27); null if that is the same.
    /// </param>
    /// <param name="facts">The facts.</param>
    /// <param name="fault">Why not.</param>
    public static bool TryCreate(
        CompactJws jws, IssuerRecord record, string? keyThumbprint, [NotNullWhen(true)] out TokenFacts? facts,
        out TokenFault fault)
    {
        if (!TryCreateToRevoke(jws, record, keyThumbprint, out facts, out fault))
        {
            return false;
        }

        if (facts.Subject is not null || (facts.ClientId is not null && !record.SubjectRequired))
        {
            return true;
        }

        (facts, fault) = (null, TokenFault.Subject);
        return false;
    }

    /// <summary>
    /// As <see cref="TryCreate"/>, for a token that is to be revoked and not accepted: one that names neither a subject
    /// nor a client is read too, because it can still be revoked by its id or its digest.
    /// </summary>
    /// <param name="jws">The token, read.</param>
    /// <param name="record">The record of the issuer that it names.</param>
    /// <param name="keyThumbprint">As for <see cref="TryCreate"/>.</param>
    /// <param name="facts">The facts.</param>
    /// <param name="fault">Why not.</param>
    public static bool TryCreateToRevoke(
        CompactJws jws, IssuerRecord record, string? keyThumbprint, [NotNullWhen(true)] out TokenFacts? facts,
        out TokenFault fault)
    {
        ArgumentNullException.ThrowIfNull(jws);
        ArgumentNullException.ThrowIfNull(record);
        facts = null;
        fault = !record.Types.Any(type => MediaType.AreSame(type, jws.Type)) ? TokenFault.Type
            : !record.Algorithms.Contains(jws.Algorithm) ? TokenFault.Algorithm
            : TokenFault.NotRead;
        if (fault is not TokenFault.NotRead)
        {
            return false;
        }

        facts = Take(jws, record, keyThumbprint);
        fault = facts is null ? TokenFault.Claims : TokenFault.NotRead;
        return facts is not null;
    }

    private static TokenFacts? Take(CompactJws jws, IssuerRecord record, string? keyThumbprint)
    {
        var claims = new ClaimReader(jws.Claims);
        var issuer = claims.Id("iss", required: true);
        var token = claims.Id(record.Claims.Token, required: record.Own);
        var match = token is null ? Match.Digest(Base64Url.EncodeToString(jws.Digest.Span)) : Match.Token(token);
        var facts = new TokenFacts
        {
            Issuer = issuer ?? "",
            KeyId = jws.KeyId,
            TokenId = token,
            SessionId = claims.Id(record.Claims.Session),
            Subject = claims.Id(record.Claims.Subject, required: record.Own),
            ClientId = claims.Id(record.Claims.Client, required: record.Own),
            ExpiresAt = claims.Date("exp", required: true) ?? 0,
            IssuedAt = claims.Date("iat", required: !record.IssuedAtAbsent),
            NotBefore = claims.Date("nbf"),
            AuthTime = claims.Date("auth_time"),
            Acr = jws.Claims.Text("acr"),
            LogPosition = record.Own ? claims.Position("lpos") : default,
            Audience = claims.Texts("aud"),
            Scope = jws.Claims.Text("scope"),
            IsBound = jws.Claims.Has("cnf"),
            Token = match,
            Probes = ProbeTexts.Of(jws, record, match, keyThumbprint),
        };
        return claims.Failed || !string.Equals(issuer, record.Issuer, StringComparison.Ordinal) ? null : facts;
    }
}
