using System.Globalization;

namespace Rescind.Verifier.Feeding;

/// <summary>Where the Authority's endpoints are, below the URL that was configured.</summary>
internal sealed class FeedAddresses(string authority)
{
    private readonly string _root = authority.TrimEnd('/');

    public Uri Token => new(_root + "/token");

    public Uri Introspect => new(_root + "/introspect");

    public Uri Snapshot(long? now) =>
        new(_root + "/v1/feed/snapshot"
            + (now is { } second ? string.Create(CultureInfo.InvariantCulture, $"?now={second}") : ""));

    public Uri Poll(FeedRequest request)
    {
        var url = new StringBuilder(_root).Append("/v1/feed?epoch=").Append(Uri.EscapeDataString(request.Epoch))
            .Append("&after=").Append(request.After)
            .Append("&wait=").Append(Seconds(request.Wait))
            .Append("&nonce=").Append(Uri.EscapeDataString(request.Nonce));
        if (request.Chain is { } chain)
        {
            url.Append("&chain=").Append(chain);
        }

        if (request.Follower is { } follower)
        {
            url.Append("&verifier=").Append(Uri.EscapeDataString(follower.Name))
                .Append("&instance=").Append(Uri.EscapeDataString(follower.Instance))
                .Append("&bound=").Append(Seconds(follower.Bound))
                .Append("&version=").Append(Uri.EscapeDataString(follower.Version ?? ""));
        }

        if (request.Connections is { } connections)
        {
            url.Append(CultureInfo.InvariantCulture, $"&connections={connections.Live}&closed={connections.Closed}");
        }

        if (request.Canaries is { } canaries)
        {
            url.Append("&canaries=").Append(CanaryReport.Write(canaries));
        }

        return new(request.Leaving ? url.Append("&leaving=1").ToString() : url.ToString());
    }

    private static string Seconds(TimeSpan span) => span.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
}
