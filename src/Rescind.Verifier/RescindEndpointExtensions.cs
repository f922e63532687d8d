using Rescind.Verifier;

namespace Microsoft.AspNetCore.Builder;

/// <summary>What a route may demand of the verifier.</summary>
public static class RescindEndpointExtensions
{
    /// <summary>
    /// Takes verdicts on this route only from a replica that is at most <paramref name="maxStaleness"/> old; an older one answers
    /// 503 and Retry-After. Above 1 ms, at most the verifier's <see cref="VerifierOptions.MaxStaleness"/>: more refuses to start.
    /// </summary>
    public static TBuilder RequireFreshness<TBuilder>(this TBuilder builder, TimeSpan maxStaleness)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequireFreshnessAttribute(maxStaleness.TotalSeconds));
}
