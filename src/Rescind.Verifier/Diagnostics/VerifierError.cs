namespace Rescind.Verifier.Diagnostics;

/// <summary>
/// One failure that an operator can meet: a stable number, what is wrong, the next step, and a page under
/// <c>docs/errors</c>.
/// </summary>
internal sealed record VerifierError(int Number, string Title, string NextStep)
{
    public string Code => $"RSC{Number}";

    /// <summary>
    /// Number, what is wrong, the particulars, what to do, where to read on. Particulars never hold a token or a
    /// secret.
    /// </summary>
    public string Sentence(string? particulars = null) =>
        $"{Code} {Title} {(particulars is null ? "" : particulars + " ")}{NextStep} See docs/errors/{Code}.md.";

    /// <summary>The same as an exception, for an app that has set up or mapped what cannot work.</summary>
    public InvalidOperationException Refusal(string? particulars = null) => new(Sentence(particulars));

    /// <summary>The problem (RFC 9457) that tells a caller. Its texts are characters that JSON takes as they are.</summary>
    public string Problem(int status) =>
        $$"""{"type":"urn:rescind:error:{{Code}}","title":"{{Title}}","status":{{status}},"""
        + $$"""
            "detail":"{{NextStep}}","code":"{{Code}}","docs":"docs/errors/{{Code}}.md"}
            """;
}
