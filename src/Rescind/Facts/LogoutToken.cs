namespace Rescind;

/// <summary>
/// What a logout token of OpenID Connect Back-Channel Logout 1.0 says, read under its issuer's record (BL-1). Immutable.
/// </summary>
public sealed class LogoutToken
{
    /// <summary>The member of <c>events</c> that makes a token one of these; its scheme is http.</summary>
    public const string Event = "http://schemas.openid.net/event/backchannel-logout";

    /// <summary>
    /// How long after <c>iat</c> one is taken, in seconds, however far <c>exp</c> is: what was taken is remembered for
    /// longer (T-33).
    /// </summary>
    public const long MaxAge = 600;

    // Many issuers send no type of its own; none may be that of an access token.
    private static readonly string[] Types = ["logout+jwt", "JWT", ""];

    private LogoutToken(string id, string? sessionId, string? subject, long issuedAt) =>
        (Id, SessionId, Subject, IssuedAt) = (id, sessionId, subject, issuedAt);

    /// <summary><c>jti</c>.</summary>
    public string Id { get; }

    /// <summary><c>sid</c>: the session that ended. Null if all of the subject's did.</summary>
    public string? SessionId { get; }

    /// <summary>The subject: <c>sub</c>, or the claim that the issuer's record names.</summary>
    public string? Subject { get; }

    /// <summary><c>iat</c>, in seconds since the Unix epoch: when it happened (T-31).</summary>
    public long IssuedAt { get; }

    /// <summary>
    /// Reads <paramref name="jws"/> as a logout token for one of the record's
    /// <see cref="IssuerRecord.LogoutAudiences"/>. Does not look at the signature.
    /// </summary>
    /// <param name="jws">The token, read.</param>
    /// <param name="record">The record of the issuer that it names.</param>
    /// <param name="now">The present second since the Unix epoch.</param>
    /// <param name="token">What it says.</param>
    /// <param name="fault">What is wrong with it, in words that repeat nothing of it.</param>
    public static bool TryCreate(
        CompactJws jws, IssuerRecord record, long now, [NotNullWhen(true)] out LogoutToken? token,
        [NotNullWhen(false)] out string? fault)
    {
        ArgumentNullException.ThrowIfNull(jws);
        ArgumentNullException.ThrowIfNull(record);
        token = null;
        var claims = new ClaimReader(jws.Claims);
        var issuedAt = claims.Date("iat", required: true) ?? 0;
        var expiresAt = claims.Date("exp", required: true) ?? 0;
        var audience = claims.Texts("aud");
        var read = new LogoutToken(
            claims.Id("jti", required: true) ?? "", claims.Id("sid"), claims.Id(record.Claims.Subject), issuedAt);
        fault = !Types.Any(type => MediaType.AreSame(type, jws.Type)) ? "typ is that of another kind of token."
            : !record.Algorithms.Contains(jws.Algorithm) ? "alg is not one of the issuer."
            : claims.Failed ? "A claim is missing or of the wrong type: iat, exp and jti are required."
            : jws.Issuer != record.Issuer ? "iss is another issuer."
            : !audience.Intersect(record.LogoutAudiences).Any() ? "aud is somebody else."
            : jws.Claims.Has("nonce") ? "nonce is there: that is an ID token."
            : !HasEvent(jws.Claims) ? "events is not that of a back-channel logout."
            : read is { SessionId: null, Subject: null } ? "Neither a session nor a subject is named."
            : FaultOfDates(issuedAt, expiresAt, now, record.Limits.Leeway);
        token = fault is null ? read : null;
        return token is not null;
    }

    private static string? FaultOfDates(long issuedAt, long expiresAt, long now, long leeway) =>
        now >= expiresAt + leeway ? "It has expired."
        : issuedAt > now + leeway ? "iat is in the future."
        : now >= issuedAt + MaxAge + leeway ? "iat is too long ago."
        : null;

    private static bool HasEvent(ClaimTable claims) =>
        claims.TryFind("events", out var events) && events.ValueKind is JsonValueKind.Object
        && events.TryGetProperty(Event, out var logout) && logout.ValueKind is JsonValueKind.Object;
}
