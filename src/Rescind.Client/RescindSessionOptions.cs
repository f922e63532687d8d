using Microsoft.Extensions.Logging;

namespace Rescind.Client;

/// <summary>
/// What a <see cref="RescindSession"/> needs to know. Read once, when the session is made; what is not safe is refused there.
/// </summary>
public sealed class RescindSessionOptions
{
    /// <summary>The Authority's URL, with its path if it has one. Https; plain http for loopback alone. Required.</summary>
    public string Authority { get; set; } = "";

    /// <summary>The client that the session was started for. Required.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>
    /// The secret of a confidential client, sent by HTTP Basic (RFC 6749 section 2.3.1). Default null: a public client.
    /// </summary>
    public string? ClientSecret { get; set; }

    /// <summary>
    /// The origins that the access token may be sent to, for example <c>https://orders.example.com</c>. A request to
    /// any other one is passed on as it is. Https; plain http for loopback alone. At least one.
    /// </summary>
    public ICollection<string> Origins { get; } = [];

    /// <summary>
    /// After which part of an access token's life it is refreshed early, by the next call and without holding it up.
    /// Spread by 5 % either way, so that many clients do not come at once. Default 0.8; 0.1 to 0.9.
    /// </summary>
    public double RefreshAt { get; set; } = 0.8;

    /// <summary>How long one request to the Authority may take. Default 10 s; above 0, at most 5 min.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a refresh is tried again after failures that may pass; after that the calls that wait for it fail. A
    /// further pause, up to 30 s, precedes the next refresh. Default 30 s; 0 (one attempt) to 10 min.
    /// </summary>
    public TimeSpan RefreshLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long one call waits altogether for an API that answers 503 with Retry-After, before that answer is handed to
    /// the caller. Idempotent methods alone wait (RFC 9110 section 9.2.2). Default 30 s; 0 (never wait) to 10 min.
    /// </summary>
    public TimeSpan UnavailableLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The longest request body that is copied into memory, so that its call can be repeated with the same bytes; plain
    /// bytes, text and forms need no copy. Longer ones are sent once, unless <see cref="RescindRequest.Repeatable"/>
    /// says that they write the same bytes each time. Default 64 KiB; 0 to 16 MiB.
    /// </summary>
    public int MaxBufferedBytes { get; set; } = 64 * 1024;

    /// <summary>Where the tokens are kept. Default null: in memory, gone with the process.</summary>
    public ITokenStore? TokenStore { get; set; }

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where log lines go, which never hold a token. Default null: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }
}
