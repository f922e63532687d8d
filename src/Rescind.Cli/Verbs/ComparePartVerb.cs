using Rescind.Comparison;

namespace Rescind.Cli.Verbs;

/// <summary>A process of the comparison. Hidden; told what it is by its environment.</summary>
internal static class ComparePartVerb
{
    public static Command Create() =>
        new Command(ComparisonPart.Verb, "A process of the comparison.") { Hidden = true }
            .Calls(call => ComparisonPart.RunAsync(call.Cancellation));
}
