using System.Text.Json.Serialization;

namespace Rescind;

/// <summary>
/// How long an issuer's tokens and logins can live and how its clock may differ: the same numbers that retention used and that
/// the Judge enforces, whatever the framework was told. All in seconds.
/// </summary>
/// <param name="MaxTokenLifetime">
/// The longest <c>exp - iat</c>; null where the issuer declared none: its entries are then never forgotten.
/// </param>
/// <param name="MaxSessionLifetime">
/// The longest time between a login and the last token of its session; null where none is declared.
/// </param>
/// <param name="ClockSkew">
/// How far the issuer's clock may be from ours; added to every foreign cutoff (T-3). 0 for our own.
/// </param>
/// <param name="Leeway">How long after <c>exp</c> a token is still taken (T-4).</param>
public sealed record IssuerLimits(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] long? MaxTokenLifetime,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] long? MaxSessionLifetime,
    long ClockSkew,
    long Leeway)
{
    /// <summary>The default skew of a foreign issuer: 5 s.</summary>
    public const long DefaultClockSkew = 5;

    /// <summary>The default leeway: 30 s.</summary>
    public const long DefaultLeeway = 30;

    /// <summary>The stricter of each: the smaller lifetimes and leeway, and the larger skew, which kills more.</summary>
    public static IssuerLimits Stricter(IssuerLimits left, IssuerLimits right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return new(
            Smaller(left.MaxTokenLifetime, right.MaxTokenLifetime),
            Smaller(left.MaxSessionLifetime, right.MaxSessionLifetime),
            Math.Max(left.ClockSkew, right.ClockSkew),
            Math.Min(left.Leeway, right.Leeway));
    }

    private static long? Smaller(long? left, long? right) =>
        left is null || right is null ? left ?? right : Math.Min(left.Value, right.Value);
}
