namespace Rescind.Verifier.Tests.Support;

/// <summary>
/// How often a test repeats itself: the full count with RESCIND_FULL=1 (<c>./check --full</c>), otherwise a tenth.
/// </summary>
internal static class Counts
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("RESCIND_FULL") == "1";

    public static int Of(int full) => Full ? full : Math.Max(1, full / 10);
}
