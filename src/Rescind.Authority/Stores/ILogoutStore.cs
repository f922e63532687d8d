
namespace Rescind.Authority.Stores;

/// <summary>
/// What clients are still to be told: which of their sessions ended (OpenID Connect Back-Channel Logout). An act writes
/// nothing here; afterwards the acts are looked through, one page after another, and a page is kept together with how
/// far it reached, so that no crash loses or repeats a logout. A session has one at most.
/// </summary>
internal interface ILogoutStore
{
    /// <summary>
    /// Looks through some of the acts that are new, for sessions that lived until then and whose clients are told;
    /// false once there are none. What ended before a client said where to be told is not looked at.
    /// </summary>
    Task<bool> ExpandAsync(CancellationToken cancellationToken);

    /// <summary>The clients that have logouts waiting.</summary>
    Task<IReadOnlyList<string>> WaitingAsync(CancellationToken cancellationToken);

    /// <summary>Logouts of a client from after a number on, the longest waiting first.</summary>
    Task<IReadOnlyList<Logout>> ReadAsync(string clientId, long after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Forgets logouts that are over, unless their session has ended anew since; those that never arrived are audited.
    /// </summary>
    Task SettleAsync(IReadOnlyList<(Logout Logout, LogoutResult Result)> settled, CancellationToken cancellationToken);
}

/// <summary>One session of one client, and what ended it.</summary>
/// <param name="Number">The order of waiting.</param>
/// <param name="SessionId">The session.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="ClientId">Its client.</param>
/// <param name="Act">The act.</param>
/// <param name="Since">Since when it waits, in seconds since the Unix epoch.</param>
/// <param name="Stands">Whether the session is still ended or blocked; a lift may have given it back.</param>
internal sealed record Logout(
    long Number, string SessionId, string Subject, string ClientId, LogPosition Act, long Since, bool Stands)
{
    /// <summary>The <c>jti</c> of its tokens: the same at every try, and another one when the session has ended anew.</summary>
    public string Id => $"{Act.ToRevocationId()}.{SessionId}";
}

internal enum LogoutResult : byte
{
    /// <summary>The client was not told: not over.</summary>
    None = 0,

    /// <summary>The client took it.</summary>
    Delivered = 1,

    /// <summary>The client said no, for good.</summary>
    Refused = 2,

    /// <summary>Given up: the client could not be told for too long.</summary>
    Undelivered = 3,

    /// <summary>The session lives again; there is nothing to tell.</summary>
    Dropped = 4,
}
