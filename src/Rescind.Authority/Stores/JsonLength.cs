namespace Rescind.Authority.Stores;

/// <summary>
/// How many bytes a row takes at most in the JSON of an answer: exact for plain ASCII, but for quotes and what JSON
/// escapes, which is counted as if it were escaped to the longest. Pure.
/// </summary>
internal static class JsonLength
{
    // The names of the members, numbers, instants, and the separator.
    private const int OfSession = 640;
    private const int OfRevocation = 512;
    private const int OfAudit = 256;
    private const int OfVerifier = 448;

    // "\u0000".
    private const int Escaped = 6;

    public static long Of(Session session) => OfSession + OfTexts([
        session.Id, session.Subject, session.ClientId, session.Scope, session.Claims,
        session.Device?.Name, session.Device?.UserAgent, session.Device?.Address,
        .. session.Audience, .. session.Tags.Select(static tag => tag.Name), .. session.Tags.Select(static tag => tag.Value),
    ]);

    public static long Of(Revocation act) =>
        OfRevocation + OfTexts([act.Issuer, act.Match.Name, act.Match.Value, act.Reason, act.Actor, .. act.Except]);

    public static long Of(AuditEntry entry) => OfAudit + OfTexts([
        entry.Actor, entry.Action, entry.Subject, entry.SessionId, entry.Match?.Name, entry.Match?.Value, entry.Reason,
        entry.Address, entry.RequestId,
    ]);

    public static long Of(StoredVerifier verifier) => OfVerifier + OfTexts([
        verifier.Name, verifier.ClientId, verifier.Instance, verifier.Address, verifier.Version,
    ]);

    private static long OfTexts(ReadOnlySpan<string?> texts)
    {
        var length = 0L;
        foreach (var text in texts)
        {
            length += OfText(text);
        }

        return length;
    }

    // With its quotes and a comma or a colon.
    private static int OfText(string? text)
    {
        if (text is null)
        {
            return "null,".Length;
        }

        var length = "\"\",".Length;
        foreach (var c in text)
        {
            length += IsPlain(c) ? 1 : Escaped;
        }

        return length;
    }

    private static bool IsPlain(char c) =>
        c is >= ' ' and < (char)0x7f and not ('"' or '&' or '\'' or '+' or '<' or '>' or '\\' or '`');
}
