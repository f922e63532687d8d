namespace Rescind.Verifier;

/// <summary>
/// How connections on routes with <c>CloseOnRevocation</c> are watched. Bound from <c>Rescind:Connections</c>
/// (<c>Rescind__Connections__RenewalMargin</c>, ...), for each scheme; set before the app starts and not changed after.
/// A limit that is out of range refuses to start (RSC3401).
/// </summary>
public sealed class LiveConnectionOptions
{
    /// <summary>The longest that any of these may be: 5 min.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>The most that <see cref="MaxBacklogMessages"/> may be.</summary>
    internal const int MostMessages = 100_000;

    /// <summary>The most that <see cref="MaxBacklogBytes"/> may be: 64 MiB.</summary>
    internal const int MostBytes = 64 * 1024 * 1024;

    /// <summary>
    /// How long before its token ends a connection is asked for a new one, and how long it has once its token was
    /// called out of date (<c>renew</c>); then it is closed with 4419. Never more than a third of the token's remaining
    /// life. Default 30 s; above 0, at most 5 min.
    /// </summary>
    public TimeSpan RenewalMargin { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a connection is held, nothing delivered, while the replica is older than its route allows; then it is
    /// closed with 1013. Default 15 s; above 0, at most 5 min.
    /// </summary>
    public TimeSpan StalePatience { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a client has to take a close and to answer it; then its connection is dropped. Default 5 s; above 0, at
    /// most 5 min.
    /// </summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Over how long closes that come together are spread at most, so that those who come back do not all come at once;
    /// the first hundred are not spread. Delivery stops at once for all of them. Default 5 s; 0 to 5 min, 0 for no
    /// spread.
    /// </summary>
    public TimeSpan CloseSpread { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How many messages are kept aside for one connection: of a hub while it is held or its client does not read, of a
    /// WebSocket while it is held. One more, and the connection is closed: with 4419 while a renewal is awaited,
    /// otherwise with 1013. Default 4096; 1 to 100,000.
    /// </summary>
    public int MaxBacklogMessages { get; set; } = 4096;

    /// <summary>
    /// How many bytes of messages are kept aside for one connection, besides a single message of any size. Past it the
    /// connection is closed as by <see cref="MaxBacklogMessages"/>. Default 4 MiB; 1 byte to 64 MiB.
    /// </summary>
    public int MaxBacklogBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// The cookie in which a browser sends its access token to watched routes, and to no others; null or empty for
    /// none. Default null. It counts only from this app's own origin and from <see cref="Origins"/>, because no
    /// same-origin policy protects a WebSocket; from elsewhere the request is answered 403. A token in the header, a
    /// ticket or a hub's <c>access_token</c> goes before it.
    /// </summary>
    public string? Cookie { get; set; }

    /// <summary>
    /// The other origins whose pages may send <see cref="Cookie"/>, as browsers write them (RFC 6454 section 6.2):
    /// <c>https://www.example.com</c>, without a path. Default none. Compared as a whole, without regard to case; one
    /// in another form is never met, and not refused at the start.
    /// </summary>
    public IList<string> Origins { get; } = [];
}
