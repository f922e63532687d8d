namespace Rescind.Authority.Diagnostics;

/// <summary>
/// One failure that a caller or an operator can meet: a stable number, a sentence, the next step, and a page under
/// <c>docs/errors</c>.
/// </summary>
internal sealed record Error(int Number, int Status, string Title, string NextStep)
{
    public string Code => $"RSC{Number}";

    /// <summary>The page about it, from the root of the documentation.</summary>
    public string Docs => $"docs/errors/{Code}.md";

    /// <summary>For refusals to start: number, what is wrong, what to do, where to read on.</summary>
    public string Sentence(string specifics) =>
        string.Join(' ', new[] { Code, Title, specifics, NextStep, $"See {Docs}." }.Where(part => part.Length > 0));

    /// <summary>The refusal for it. <paramref name="specifics"/> names the member or value; never a token or a secret.</summary>
    public Refusal Refusal(string? specifics = null) => new(this, specifics);

    /// <summary>The refusal that names the revocation behind it.</summary>
    public Refusal ExplainedBy(LogPosition act) => new(this, $"It is {act.ToRevocationId()}.") { Explanation = act };
}
