namespace Rescind.Authority.Diagnostics;

/// <summary>Errors as refusals.</summary>
internal static class Refusals
{
    /// <summary>The refusal for it. <paramref name="specifics"/> names the member or value; never a token or a secret.</summary>
    public static Refusal Refusal(this Error error, string? specifics = null) => new(error, specifics);

    /// <summary>The refusal that names the revocation behind it.</summary>
    public static Refusal ExplainedBy(this Error error, LogPosition act) =>
        new(error, $"It is {act.ToRevocationId()}.") { Explanation = act };
}
