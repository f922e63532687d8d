using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;

namespace Rescind.Authority;

/// <summary>
/// How an Authority behaves. Bound to the configuration section <c>Rescind</c> (<c>Rescind__Issuer</c>, <c>Rescind__Data</c>, …
/// as environment variables) and validated at start: what does not hold stops the host with a message that names the key.
/// </summary>
public sealed class AuthorityOptions
{
    /// <summary>The configuration section: <c>Rescind</c>.</summary>
    public const string Section = "Rescind";

    internal const string DefaultDataDirectory = "./data";

    /// <summary>
    /// The exact <c>iss</c> of every token: an https URL without query, fragment or trailing slash; http on loopback in
    /// Development. Recorded at the first start; a different one later refuses to start. Default: in Development the
    /// first URL that the app is told to listen on, with the path that <c>MapRescind</c> was given; otherwise none.
    /// </summary>
    public string? Issuer { get; set; }

    /// <summary>
    /// Where database, lock, master key and development credentials are: key <c>Rescind:Data</c>. Created 0700.
    /// Default: <c>./data</c>.
    /// </summary>
    [ConfigurationKeyName("Data")]
    [Required(AllowEmptyStrings = false)]
    public string DataDirectory { get; set; } = DefaultDataDirectory;

    /// <summary>The life of an access token before jitter takes up to 5 % off. 10 s to 24 h; default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a session lives without a refresh. 1 min to 366 d; default 14 d.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "366.00:00:00")]
    public TimeSpan SessionIdleLifetime { get; set; } = TimeSpan.FromDays(14);

    /// <summary>How long a session lives at all. 1 min to 3660 d; default 90 d.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3660.00:00:00")]
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromDays(90);

    /// <summary>
    /// How long a refresh token may be repeated after its successor was made; null, the default: until the successor is used.
    /// </summary>
    public TimeSpan? RetryWindow { get; set; }

    /// <summary>
    /// How many refreshes of one client may be under way at once; all clients together may have twice as many, and none
    /// takes more than half of what is left. Further ones get 503 and <c>Retry-After</c>, so that a flood of them
    /// neither waits for long nor takes the store from revocations. 1 to 4096; default 1024.
    /// </summary>
    [Range(1, 4096)]
    public int MaxConcurrentRefreshes { get; set; } = 1024;

    /// <summary>
    /// How many broad acts (on a client, a tag, a key or an issuer) one API client may do in a minute; further ones get 429 and
    /// <c>Retry-After</c>. 1 to 100 000; default 30.
    /// </summary>
    [Range(1, 100_000)]
    public int BroadActsPerMinute { get; set; } = 30;

    /// <summary>
    /// How many people one issuer or API client may log out within a minute, by back-channel logout or global token revocation,
    /// before operators are told (log event 1805). What it says is done all the same. 1 to 100 000; default 100.
    /// </summary>
    [Range(1, 100_000)]
    public int LogoutBurst { get; set; } = 100;

    /// <summary>
    /// How often a canary is revoked, while verifiers follow that take them: a token for nobody, by which each verifier
    /// proves that it refuses what is revoked. At most half of the smallest bound shows one that does not within twice its
    /// bound. The log gets an entry each time. 0 to 1 min; default 0: never.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan CanaryInterval { get; set; }

    /// <summary>What a reused refresh token ends. Default: its session.</summary>
    public ReusePolicy ReusePolicy { get; set; } = ReusePolicy.EndSession;

    /// <summary>
    /// Claims and tags, by their exact names, that may carry what the claims guard would refuse: an e-mail address, say. Key
    /// <c>Rescind:AllowedSensitiveClaims</c>, a list. Default: none.
    /// </summary>
    public IList<string> AllowedSensitiveClaims { get; } = [];

    /// <summary>The JWA algorithm of new signing keys. Default: <c>ES256</c>.</summary>
    [Required(AllowEmptyStrings = false)]
    public string SigningAlgorithm { get; set; } = "ES256";

    /// <summary>How long one signing key signs before the announced next one takes over. 1 h to 3660 d; default 30 d.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "3660.00:00:00")]
    public TimeSpan SigningKeyLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// The audience of sessions that an embedding app starts without naming one; null, the default, means the issuer itself.
    /// </summary>
    public string? DefaultAudience { get; set; }

    /// <summary>
    /// The key that seals signing keys: 32 bytes in base64. Prefer <see cref="MasterKeyFile"/>: an environment is read
    /// more easily than a file.
    /// </summary>
    public string? MasterKey { get; set; }

    /// <summary>
    /// The file with the master key: 32 bytes, or their base64. Default: <c>master.key</c> in the data directory,
    /// created at the first start.
    /// </summary>
    public string? MasterKeyFile { get; set; }

    /// <summary>
    /// The secret of the client <c>admin</c>, at least 32 characters. Outside Development this or
    /// <see cref="AdminSecretFile"/> is needed until some client has the scope <c>admin</c>.
    /// </summary>
    public string? AdminSecret { get; set; }

    /// <summary>A file with the secret of the client <c>admin</c>.</summary>
    public string? AdminSecretFile { get; set; }

    /// <summary>
    /// Serves plain http outside Development, because a reverse proxy in front terminates TLS. Whoever reaches the port
    /// without the proxy sends tokens in clear: logged at each start. Default: false.
    /// </summary>
    public bool AllowPlainHttpBehindReverseProxyThatTerminatesTls { get; set; }

    /// <summary>
    /// Serves this machine alone, with an issuer on http and credentials made at the first start. Requests that were forwarded,
    /// name a foreign Host or come from elsewhere get 421. Default: whether the host's environment is Development.
    /// </summary>
    public bool Development { get; set; }

    /// <summary>
    /// The hosts, as <c>host</c> or <c>host:port</c>, under which a proxy on this machine may forward requests to a
    /// development server: the dev server of a front end, which sends <c>X-Forwarded-Host: localhost:3000</c>. Compared
    /// whole, whatever the case of letters; no wildcards. The caller must be on this machine all the same. Logged at
    /// each start; refuses to start outside Development. Default: none.
    /// </summary>
    public IList<string> AllowForwardedHostsInDevelopment { get; } = [];
}
