using Rescind.Authority.Stores;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Sessions;

/// <summary>Makes the row of a new session and its first pair of tokens.</summary>
internal sealed class SessionFactory(TokenIssuer issuer, RefreshTokens refreshTokens, Entropy entropy)
{
    private const int SaltBytes = 16;

    /// <summary>
    /// The row to be: what only the transaction knows, its start and the time of a login that nobody sent, is still open.
    /// </summary>
    public Session NewRow(SessionStart start, SessionClock clock)
    {
        var salt = new byte[SaltBytes];
        entropy.Fill(salt);
        var now = clock.Now;
        var login = start.AuthenticatedAt?.ToUnixTimeSeconds();

        // The longest life counts from the login: a verifier refuses tokens whose auth_time is older, whatever the session says.
        var end = (login ?? now) + (long)clock.Options.SessionLifetime.TotalSeconds;
        return new()
        {
            Id = entropy.NextId(),
            Subject = start.Subject,
            ClientId = start.ClientId,
            Audience = start.Audience,
            Scope = start.Scope,
            Claims = Compact(start.Claims),
            Tags = [.. start.Tags.Select(tag => new SessionTag(tag.Key, tag.Value, default))],
            Device = DeviceOf(start),
            Amr = start.Amr,
            Acr = start.Acr,
            CreatedAt = now,
            AuthenticatedAt = login ?? 0,
            LastRefreshedAt = now,
            Generation = 1,
            IdleExpiresAt = Math.Min(end, now + (long)clock.Options.SessionIdleLifetime.TotalSeconds),
            ExpiresAt = end,
            Started = default,
            RefreshKeyId = refreshTokens.CurrentKeyId,
            Salt = salt,
        };
    }

    /// <summary>The first tokens of a session that is committed.</summary>
    public StartedSession First(Session session)
    {
        var access = issuer.IssueFor(session, session.Started);
        return new()
        {
            SessionId = session.Id,
            Subject = session.Subject,
            AccessToken = access.Text,
            ExpiresIn = (long)access.ExpiresIn.TotalSeconds,
            RefreshToken = refreshTokens.Derive(session),
            RefreshExpiresAt = session.RefreshExpiresAt,
        };
    }

    private static SessionDevice? DeviceOf(SessionStart start) =>
        start is { DeviceName: null, DeviceUserAgent: null, DeviceAddress: null }
            ? null
            : new(start.DeviceName, start.DeviceUserAgent, start.DeviceAddress);

    /// <summary>JSON as it is kept and signed: without blanks.</summary>
    public static string Compact(string json) => JsonSerializer.Serialize(JsonElement.Parse(json));
}
