namespace Rescind.Verifier;

/// <summary>
/// A route that takes a verdict only from a replica that is this fresh; an older one does there what
/// <see cref="WhenStale"/> says, while other routes go on to the verifier's bound. Of several on one route the smallest
/// counts, and the last that says what to do. More than the largest <see cref="VerifierOptions.MaxStaleness"/> of the
/// app's schemes refuses to start (RSC3009); a scheme with a smaller bound keeps to its own.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)]
public sealed class RequireFreshnessAttribute : Attribute
{
    /// <summary>
    /// Demands <paramref name="seconds"/>, and leaves what to do to <see cref="VerifierOptions.WhenStale"/>.
    /// </summary>
    /// <param name="seconds">
    /// Above 0.001, at most 60; otherwise <see cref="ArgumentOutOfRangeException"/> is thrown.
    /// </param>
    public RequireFreshnessAttribute(double seconds)
    {
        // Written so that NaN fails too.
        if (!(seconds > VerifierOptions.SmallestStaleness.TotalSeconds
            && seconds <= VerifierOptions.LargestStaleness.TotalSeconds))
        {
            throw new ArgumentOutOfRangeException(
                nameof(seconds), seconds, "A freshness must be above 0.001 s and at most 60 s.");
        }

        Seconds = seconds;
    }

    /// <summary>
    /// Demands <paramref name="seconds"/>, and says what to do here in place of
    /// <see cref="VerifierOptions.WhenStale"/>.
    /// </summary>
    /// <param name="seconds">
    /// Above 0.001, at most 60; otherwise <see cref="ArgumentOutOfRangeException"/> is thrown.
    /// </param>
    /// <param name="whenStale">
    /// What to do when the replica is older. <see cref="StaleAction.Introspect"/> refuses to start where the
    /// Authority's URL is not set (RSC3010).
    /// </param>
    public RequireFreshnessAttribute(double seconds, StaleAction whenStale)
        : this(seconds) => WhenStale = whenStale;

    /// <summary>The freshness, in seconds: above 0.001, at most 60.</summary>
    public double Seconds { get; }

    /// <summary>
    /// What to do when the replica is older; null for what <see cref="VerifierOptions.WhenStale"/> says.
    /// </summary>
    public StaleAction? WhenStale { get; }

    internal TimeSpan MaxStaleness => TimeSpan.FromSeconds(Seconds);
}
