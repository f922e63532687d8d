using System.Globalization;

namespace Rescind.Tests;

/// <summary>How many cases the laws are tried with: a million in all when <c>RESCIND_FULL=1</c>, else a tenth.</summary>
internal static class Cases
{
    private const long All = 1_000_000;

    /// <summary>The part of one law.</summary>
    public static long Of(double share) => (long)(All * share / (IsFull ? 1 : 10));

    private static bool IsFull => int.TryParse(
        Environment.GetEnvironmentVariable("RESCIND_FULL"), NumberStyles.None, CultureInfo.InvariantCulture,
        out var full) && full == 1;
}
