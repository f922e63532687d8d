namespace Rescind.Authority.Sessions;

/// <summary>
/// What an application knows about a session's subject now: roles, permissions. Registered as a service of any
/// lifetime, it is asked each time that a token of a session is minted, in a scope of its own, after the committed head
/// was read: a token with claims from before a change dies by the <c>renew</c> that follows the change. None is
/// registered by default; then a session keeps the claims that it was started with.
/// </summary>
public interface ISessionClaims
{
    /// <summary>
    /// All extra top-level claims of the next token, as the JSON text of an object, held to the rules of
    /// <see cref="SessionStart.Claims"/>. Null: the subject is no more; the session is ended. If it throws or takes
    /// longer than five seconds, the caller gets 503 (RSC1908) and no token: never one with rights of yesterday. If it
    /// answers what breaks those rules, a refresh gets 400 (RSC1325, the refresh token stays good), a start is refused
    /// with the code of the rule, and the audit trail says so once a day.
    /// </summary>
    /// <param name="session">The session that the token is for.</param>
    /// <param name="cancellationToken">The caller left, or the time is over.</param>
    ValueTask<string?> FindAsync(MintingSession session, CancellationToken cancellationToken);
}

/// <summary>A session that a token is about to be minted for. Immutable; never holds a token.</summary>
public sealed record MintingSession
{
    /// <summary>Its id: <c>sid</c>.</summary>
    public required string SessionId { get; init; }

    /// <summary>Whose: <c>sub</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>Of which application: <c>client_id</c>.</summary>
    public required string ClientId { get; init; }

    /// <summary>For which APIs: <c>aud</c>.</summary>
    public required IReadOnlyList<string> Audience { get; init; }

    /// <summary>Its claims, as they are kept: the JSON text of an object.</summary>
    public required string Claims { get; init; }
}
