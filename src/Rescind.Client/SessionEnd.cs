namespace Rescind.Client;

/// <summary>Why the Authority ended a session.</summary>
/// <param name="Reason">
/// <c>ended</c> (logged out or revoked), <c>reused</c> (a refresh token was used twice: perhaps stolen), <c>expired</c>,
/// <c>blocked</c>; null if the Authority did not say. More may come.
/// </param>
/// <param name="Explanation">
/// The id of the act that ended it (<c>rv_...</c>), for support and audit; null if there is none.
/// </param>
public sealed record SessionEnd(string? Reason, string? Explanation);
