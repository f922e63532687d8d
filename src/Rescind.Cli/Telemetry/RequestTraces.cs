using System.Diagnostics;

namespace Rescind.Cli.Telemetry;

/// <summary>What a trace says of a request: the route, and nobody's name.</summary>
internal static class RequestTraces
{
    // Paths hold the ids of sessions and revocations; addresses and agents are people's.
    private static readonly string[] Names =
        ["url.path", "url.query", "url.full", "user_agent.original", "client.address", "network.peer.address"];

    /// <summary>Whether it is a poll of the feed or of health: they come all the time, and say nothing.</summary>
    public static bool IsRoutine(PathString path) =>
        path.StartsWithSegments("/v1/feed", StringComparison.Ordinal)
        || path.StartsWithSegments("/health", StringComparison.Ordinal);

    /// <summary>Takes away what names somebody or something.</summary>
    public static void LeaveOutNames(Activity activity)
    {
        foreach (var name in Names)
        {
            activity.SetTag(name, null);
        }
    }
}
