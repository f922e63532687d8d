namespace Rescind;

/// <summary>
/// One failure that a caller or an operator can meet: a stable number, what is wrong, the next step, and a page under
/// <c>docs/errors</c>. The projects that define errors compile this file, each for itself.
/// </summary>
internal sealed record Error(int Number, string Title, string NextStep)
{
    /// <summary>The status of HTTP that says so to a caller; 500 where no caller is answered with it.</summary>
    public int Status { get; init; } = 500;

    public string Code => $"RSC{Number}";

    /// <summary>The page about it, from the root of the documentation.</summary>
    public string Docs => $"docs/errors/{Code}.md";

    /// <summary>
    /// Number, what is wrong, the particulars, what to do, where to read on. Particulars never hold a token or a secret.
    /// </summary>
    public string Sentence(string? particulars = null) =>
        $"{Code} {Title} {(string.IsNullOrEmpty(particulars) ? "" : particulars + " ")}{NextStep} See {Docs}.";

    /// <summary>The sentence as an exception, for an application that has set up or does what cannot work.</summary>
    public InvalidOperationException ToException(string? particulars = null, Exception? cause = null) =>
        new(Sentence(particulars), cause);
}
