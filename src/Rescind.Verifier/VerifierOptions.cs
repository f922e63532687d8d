namespace Rescind.Verifier;

/// <summary>
/// What a verifier needs to know. Each scheme has options of its own, by its name
/// (<c>IOptionsMonitor.Get("Bearer")</c>): bound from the section <see cref="Section"/> (<c>Rescind__Authority</c>,
/// ...), which all schemes share, then from <c>Rescind:Schemes:NAME</c> (<c>Rescind__Schemes__Admin__Audience</c>),
/// then changed by code; checked when the app starts. Schemes of one Authority share one replica.
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
    /// The Authority's URL, https; plain http is taken for loopback in Development alone. Required, unless an Authority
    /// in the same process gives its feed directly.
    /// </summary>
    public string? Authority { get; set; }

    /// <summary>
    /// This API's name in the <c>aud</c> of its tokens (AT-8). Required by <c>AddRescind</c>, unless the Authority is in the same
    /// process: then the default is its issuer. <c>AddRevocation</c> leaves the audience to <c>AddJwtBearer</c>.
    /// </summary>
    public string? Audience { get; set; }

    /// <summary>
    /// The bound: no revoked token is accepted later than this after the revocation was acknowledged. A replica that is
    /// older says unknown (503). Default 5 s; above 1 ms, at most 60 s. A route may ask for less with
    /// <c>RequireFreshness</c>, never for more.
    /// </summary>
    public TimeSpan MaxStaleness { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether a 401 for a genuine token that was taken back says so: <c>reason</c>
    /// (<c>revoked renew reauthenticate</c>) and <c>explanation</c>, the id of the revocation, in
    /// <c>WWW-Authenticate</c>. Whoever stole the token reads it too. Default: false, and a dead token looks like any
    /// other that is not valid (BT-6).
    /// </summary>
    public bool ExplainRefusals { get; set; }

    /// <summary>
    /// Whether the app itself verifies that a token with <c>cnf</c> is sent by the holder of its key (RFC 7800, RFC
    /// 8705, RFC 9449). Default: false, and such a token is refused with 401, on live connections as well: taken as a
    /// plain bearer token it would be of use to whoever stole it (RFC 9449 7.2).
    /// </summary>
    public bool AppVerifiesTokenBinding { get; set; }

    /// <summary>
    /// What to do with a token that only the age of the replica speaks against. Default
    /// <see cref="StaleAction.Reject"/>. A route may say otherwise with <c>RequireFreshness</c>.
    /// <see cref="StaleAction.Introspect"/> needs <see cref="Authority"/> and a client that holds the scope
    /// <c>introspect</c> as well; tokens of other issuers are rejected still.
    /// </summary>
    public StaleAction WhenStale { get; set; }

    /// <summary>
    /// The client that reads the feed; it holds the scope <c>feed</c>, and <c>introspect</c> where the Authority is to
    /// be asked about tokens. Required with <see cref="Authority"/>.
    /// </summary>
    public string? ClientId { get; set; }

    /// <summary>That client's secret. Never logged or shown.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>How many characters the name and the instance of a verifier may have.</summary>
    internal const int LongestName = 256;

    /// <summary>
    /// The name that people know this verifier by, in receipts and lists: at most 256 characters. Default: the
    /// audience, cut to that length, if all schemes of the Authority have the same; else the application's name.
    /// </summary>
    public string? Name { get; set; }

    /// <summary>
    /// Which running process this is; with the client's id the identity of a verifier: at most 256 characters. Default:
    /// random for each start.
    /// </summary>
    public string? Instance { get; set; }

    /// <summary>
    /// What sends every request of the verifier to the Authority: the feed, its token, introspection. For tests and
    /// proxies; must not follow redirects, which would carry credentials away. Not disposed here. Default null: the
    /// framework's, made safely.
    /// </summary>
    public HttpMessageHandler? BackchannelHttpHandler { get; set; }

    /// <summary>How live connections are watched on routes with <c>CloseOnRevocation</c>.</summary>
    public LiveConnectionOptions Connections { get; } = new();
}
