using Rescind.Authority.Stores;
using Rescind.Authority.Syntax;

namespace Rescind.Authority.Decisions;

/// <summary>
/// Two that hold refresh tokens of one session, as the audit trail tells of them: for whoever has to find out which one
/// is the thief. What a caller says of itself is cut short; nothing of a token is in it.
/// </summary>
internal static class RefreshRace
{
    private const int LongestText = 200;

    /// <summary>Both sides of it: what came, from where, and what the session's own device holds.</summary>
    public static AuditSubject About(RotationAttempt attempt, Session session, string issuer) =>
        new(
            issuer, Match.Session(session.Id), Reason: Describe(attempt, session),
            Subject: session.Subject, SessionId: session.Id);

    private static string Describe(RotationAttempt attempt, Session session)
    {
        var device = session.Device;
        return $"generation {attempt.Generation} presented by {Quote(attempt.UserAgent)} "
            + $"from {attempt.Audit.Address ?? "an unknown address"}; "
            + $"{session.Generation} is current since {Instant.Text(session.LastRefreshedAt)}; "
            + $"the session was started on {Quote(device?.Name ?? device?.UserAgent)} "
            + $"from {device?.Address ?? "an unknown address"}";
    }

    private static string Quote(string? text) => text is null ? "an unknown device"
        : text.Length <= LongestText ? $"\"{text}\""
        : $"\"{text[..(char.IsHighSurrogate(text[LongestText - 1]) ? LongestText - 1 : LongestText)]}…\"";
}
