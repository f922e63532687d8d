namespace Rescind.Authority.Revoking;

/// <summary>The limits of a revocation, in one place.</summary>
internal static class RevocationRules
{
    public const int LongestReason = 500;

    public const int LongestIdempotencyKey = 255;

    /// <summary>The longest that a caller may wait for a receipt, in seconds.</summary>
    public const int LongestWait = 10;

    public const int LargestPage = 200;
}
