namespace Rescind.Verifier;

/// <summary>
/// What a verifier needs to know. Each scheme has options of its own, by its name
/// (<c>IOptionsMonitor.Get("Bearer")</c>): bound from the section <see cref="Section"/> (<c>Rescind__Authority</c>,
/// ...), which all schemes share, then from <c>Rescind:Schemes:NAME</c> (<c>Rescind__Schemes__Admin__Audience</c>),
/// then changed by code. Schemes of one Authority share one replica. Read when the app starts: a later change of the
/// configuration has no effect, and the object must not be changed. What is out of range, missing or contradictory
/// refuses to start, with an exception whose message names the setting and the next step.
/// </summary>
public sealed class VerifierOptions
{
    /// <summary>The configuration section: <c>Rescind</c>.</summary>
    public const string Section = "Rescind";

    /// <summary>The smallest staleness or freshness that can be asked for: above 1 ms.</summary>
    internal static readonly TimeSpan SmallestStaleness = TimeSpan.FromMilliseconds(1);

    /// <summary>The largest staleness that a verifier may allow itself (G1): 60 s.</summary>
    internal static readonly TimeSpan LargestStaleness = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The Authority's URL: absolute, https, without user, query and fragment; plain http is taken for loopback in
    /// Development alone. Anything else refuses to start (RSC3002, RSC3003). Default null. Then an Authority in the
    /// same process gives its feed directly; where there is none, the scheme follows the Authority that the other
    /// schemes name, if they name a single one, and otherwise refuses to start (RSC3001).
    /// </summary>
    public string? Authority { get; set; }

    /// <summary>
    /// This API's name in the <c>aud</c> of its tokens (RFC 9068 section 4); tokens for others are 401. Default null.
    /// Required by <c>AddRescind</c> (RSC3004), unless the Authority is in the same process: then the default is its
    /// issuer. <c>AddRevocation</c> leaves the audience to <c>AddJwtBearer</c>.
    /// </summary>
    public string? Audience { get; set; }

    /// <summary>
    /// The bound: no revoked token is accepted later than this after the revocation was acknowledged. A replica that is
    /// older says unknown (503). Default 5 s; above 1 ms, at most 60 s; otherwise the app refuses to start (RSC3006). A
    /// route may ask for less with <c>RequireFreshness</c>, never for more.
    /// </summary>
    public TimeSpan MaxStaleness { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether a 401 for a genuine token that was taken back says so: <c>reason</c>
    /// (<c>revoked renew reauthenticate</c>) and <c>explanation</c>, the id of the revocation, in
    /// <c>WWW-Authenticate</c> (RFC 6750 section 3). Whoever stole the token reads it too. Default false: a dead token
    /// looks like any other that is not valid (BT-6).
    /// </summary>
    public bool ExplainRefusals { get; set; }

    /// <summary>The most tokens that can be remembered: a million.</summary>
    internal const int MostVerifiedTokens = 1_000_000;

    /// <summary>
    /// How many tokens are remembered as genuine, so that the signature of one that is sent again is not computed again;
    /// each is judged anew at each request all the same. Default 10,000; 0 remembers none, and at most 1,000,000;
    /// otherwise the app refuses to start (RSC3019). Tokens of more than 2,048 characters count as several; one that nobody
    /// sends is forgotten within 20 s while others come. One takes about 12 KiB. Where code of the app takes part in the
    /// validation (an <c>AudienceValidator</c>, another token handler), none is remembered.
    /// </summary>
    public int VerifiedTokens { get; set; } = 10_000;

    /// <summary>
    /// Whether the app itself verifies that a token with <c>cnf</c> is sent by the holder of its key (RFC 7800, RFC
    /// 8705, RFC 9449). Default false: such a token is refused with 401, on live connections as well, because taken as
    /// a plain bearer token it would be of use to whoever stole it (RFC 9449 section 7.2).
    /// </summary>
    public bool AppVerifiesTokenBinding { get; set; }

    /// <summary>
    /// What to do with a token that only the age of the replica speaks against. Default
    /// <see cref="StaleAction.Reject"/>. A route may say otherwise with <c>RequireFreshness</c>.
    /// <see cref="StaleAction.Introspect"/> needs <see cref="Authority"/>, otherwise the app refuses to start
    /// (RSC3010), and a client that holds the scope <c>introspect</c>; tokens of other issuers are rejected still.
    /// </summary>
    public StaleAction WhenStale { get; set; }

    /// <summary>
    /// The client that reads the feed; it holds the scope <c>feed</c>, and <c>introspect</c> where the Authority is to
    /// be asked about tokens. Default null. Required with <see cref="Authority"/> (RSC3005), and not used without it.
    /// Credentials that the Authority refuses do not stop the app: tokens are 503, and
    /// <see cref="VerifierStatus.LastError"/> says why (RSC3202).
    /// </summary>
    public string? ClientId { get; set; }

    /// <summary>
    /// That client's secret, sent to the Authority alone (RFC 6749 section 2.3.1). Default null; required with
    /// <see cref="Authority"/> (RSC3005). Never logged or shown.
    /// </summary>
    public string? ClientSecret { get; set; }

    /// <summary>How many characters the name and the instance of a verifier may have.</summary>
    internal const int LongestName = 256;

    /// <summary>
    /// The name that people know this verifier by, in receipts and lists: at most 256 characters, otherwise the app
    /// refuses to start (RSC3018). Default null, which stands for the audience, cut to that length, if all schemes of
    /// the Authority have the same; else for the application's name.
    /// </summary>
    public string? Name { get; set; }

    /// <summary>
    /// Which running process this is; with the client's id the identity of a verifier: at most 256 characters
    /// (RSC3018). Default null, which stands for a random one at each start. Two processes must not have the same: a
    /// receipt would take the word of one for both.
    /// </summary>
    public string? Instance { get; set; }

    /// <summary>
    /// What sends every request of the verifier to the Authority: the feed, its token, introspection. For tests and
    /// proxies. Must be safe for concurrent use, and must not follow redirects, which would carry credentials away. Not
    /// disposed here. Default null: the framework's, without redirects and cookies.
    /// </summary>
    public HttpMessageHandler? BackchannelHttpHandler { get; set; }

    /// <summary>
    /// How live connections are watched on routes with <c>CloseOnRevocation</c>: the section
    /// <c>Rescind:Connections</c>.
    /// </summary>
    public LiveConnectionOptions Connections { get; } = new();
}
