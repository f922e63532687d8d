using Rescind.Comparison.Parts;
using Rescind.Comparison.Ways;

namespace Rescind.Comparison;

/// <summary>A process of the comparison: what <c>rescind compare</c> starts once for each application and issuer.</summary>
public static class ComparisonPart
{
    /// <summary>The hidden verb that starts one.</summary>
    public const string Verb = "compare-part";

    /// <summary>Runs until it is stopped; what it is comes from the environment.</summary>
    public static Task RunAsync(CancellationToken cancellationToken)
    {
        var settings = PartSettings.Read();
        return settings.IsIssuer
            ? IssuerPart.RunAsync(settings, cancellationToken)
            : AppPart.RunAsync(settings, WayKinds.Of(settings.Way).Create(settings), cancellationToken);
    }
}
