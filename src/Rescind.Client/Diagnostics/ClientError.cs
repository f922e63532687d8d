namespace Rescind.Client.Diagnostics;

/// <summary>
/// One failure that a caller can meet: a stable number, what is wrong, the next step, and a page under <c>docs/errors</c>.
/// </summary>
internal sealed record ClientError(int Number, string Title, string NextStep)
{
    public string Code => $"RSC{Number}";

    /// <summary>
    /// Number, what is wrong, the particulars, what to do, where to read on. Particulars never hold a token or a secret.
    /// </summary>
    public string Sentence(string? particulars = null) =>
        $"{Code} {Title} {(particulars is null ? "" : particulars + " ")}{NextStep} See docs/errors/{Code}.md.";
}
