namespace Rescind;

/// <summary>
/// What a verifier makes of one canary: a token that the Authority issued for nobody and takes back again, to see that
/// it is refused.
/// </summary>
/// <param name="Id">The id of the token (<c>jti</c>).</param>
/// <param name="Verdict">The verdict on it now, by which a request with it would be answered.</param>
/// <param name="IsConnectionOpen">Whether a live connection under it would be delivered to now.</param>
public sealed record CanaryReport(string Id, VerdictKind Verdict, bool IsConnectionOpen)
{
    /// <summary>The most canaries that one poll reports on: one of each node that a load balancer may lead to.</summary>
    public const int Most = 8;

    private const int LongestId = 64;

    // A parameter without a value counts as left out.
    private const string None = "none";

    private static readonly string[] Words =
        ["undecided", "valid", "revoked", "renew", "reauthenticate", "expired", "unknown", "invalid"];

    /// <summary>
    /// Several reports as the text of a query parameter: <c>id.verdict.connection</c>, separated by commas; the
    /// connection is <c>open</c> or <c>closed</c>. <c>none</c> for none.
    /// </summary>
    public static string Write(IReadOnlyList<CanaryReport> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        return reports.Count == 0 ? None : string.Join(',', reports.Select(static one =>
            $"{one.Id}.{Words[(int)one.Verdict]}.{(one.IsConnectionOpen ? "open" : "closed")}"));
    }

    /// <summary>
    /// Reads what <see cref="Write"/> wrote; false for anything else. A verdict that this version does not know is read as
    /// <see cref="VerdictKind.Undecided"/>.
    /// </summary>
    public static bool TryRead(string text, out IReadOnlyList<CanaryReport> reports)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text == None ? [] : text.Split(',', Most + 1);
        var read = parts.Select(static part => part.Split('.')).Where(static part =>
            part is [{ Length: > 0 and <= LongestId }, { Length: > 0 }, "open" or "closed"]).Select(static part =>
            new CanaryReport(part[0], (VerdictKind)Math.Max(0, Array.IndexOf(Words, part[1])), part[2] is "open")).ToList();
        reports = read;
        return read.Count == parts.Length && read.Count <= Most;
    }
}
