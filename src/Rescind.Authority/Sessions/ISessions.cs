namespace Rescind.Authority.Sessions;

/// <summary>Starts sessions from an application that embeds the Authority. Safe for concurrent use.</summary>
public interface ISessions
{
    /// <summary>
    /// Starts a session and completes when it is durable. Throws <see cref="SessionRefusedException"/> if a revocation
    /// stands against it, if what it would carry breaks a rule (RSC1302: more than 8 KiB of claims), or if an
    /// <see cref="ISessionClaims"/> does not answer (RSC1908); any other exception means that the outcome is unknown,
    /// and that the caller must not tell anybody that they are logged in.
    /// </summary>
    Task<StartedSession> StartAsync(SessionStart start, CancellationToken cancellationToken = default);
}

/// <summary>Shorter ways to start a session.</summary>
public static class SessionsExtensions
{
    /// <summary>Starts a session for <paramref name="subject"/> with everything else at its default.</summary>
    public static Task<StartedSession> StartAsync(
        this ISessions sessions, string subject, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sessions);
        return sessions.StartAsync(new SessionStart { Subject = subject }, cancellationToken);
    }
}

/// <summary>What a session is to be.</summary>
public sealed record SessionStart
{
    /// <summary>Who: <c>sub</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>For which APIs: <c>aud</c>; empty means <see cref="AuthorityOptions.DefaultAudience"/>.</summary>
    public IReadOnlyList<string> Audience { get; init; } = [];

    /// <summary>Which application: <c>client_id</c>. Default: <c>web</c>.</summary>
    public string ClientId { get; init; } = Clients.ClientRegistry.DefaultClientId;

    /// <summary><c>scope</c>: space-separated, or null.</summary>
    public string? Scope { get; init; }

    /// <summary>Extra top-level claims: the JSON text of an object.</summary>
    public string Claims { get; init; } = "{}";

    /// <summary>Top-level claims by which the session can be revoked: tenant, device, agent run.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>The device's name, as a person would recognise it.</summary>
    public string? DeviceName { get; init; }

    /// <summary>The device's <c>User-Agent</c>.</summary>
    public string? DeviceUserAgent { get; init; }

    /// <summary>The device's address.</summary>
    public string? DeviceAddress { get; init; }

    /// <summary><c>auth_time</c>: when the person logged in, to the second; null means now.</summary>
    public DateTimeOffset? AuthenticatedAt { get; init; }

    /// <summary><c>amr</c>: how the person logged in (RFC 8176).</summary>
    public IReadOnlyList<string> Amr { get; init; } = [];

    /// <summary><c>acr</c>: how surely.</summary>
    public string? Acr { get; init; }

    /// <summary>A session of the same subject and client that this one replaces, in one transaction.</summary>
    public string? Replaces { get; init; }
}

/// <summary>A session was refused; nothing was written, or the session was ended before anybody had a token of it.</summary>
public sealed class SessionRefusedException : Exception
{
    internal SessionRefusedException(string code, string message)
        : base(message) => Code = code;

    /// <summary>The stable code: <c>RSC1309</c>.</summary>
    public string Code { get; }
}
