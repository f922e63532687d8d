namespace Rescind.Verifier;

/// <summary>
/// A route that takes a verdict only from a replica that is this fresh; an older one answers 503 and Retry-After there, while
/// other routes go on to the verifier's bound. Of several on one route the smallest counts. More than
/// <see cref="VerifierOptions.MaxStaleness"/> refuses to start.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)]
public sealed class RequireFreshnessAttribute : Attribute
{
    /// <summary>Demands <paramref name="seconds"/>: above 0.001, at most 60.</summary>
    public RequireFreshnessAttribute(double seconds)
    {
        // Written so that NaN fails too.
        if (!(seconds > VerifierOptions.SmallestStaleness.TotalSeconds && seconds <= VerifierOptions.LargestStaleness.TotalSeconds))
        {
            throw new ArgumentOutOfRangeException(nameof(seconds), seconds, "A freshness is above 0.001 s and at most 60 s.");
        }

        Seconds = seconds;
    }

    /// <summary>The freshness in seconds.</summary>
    public double Seconds { get; }

    internal TimeSpan MaxStaleness => TimeSpan.FromSeconds(Seconds);
}
