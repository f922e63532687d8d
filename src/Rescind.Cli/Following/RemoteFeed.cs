using System.Runtime.CompilerServices;
using System.Text;
using Rescind.Cli.Http;

namespace Rescind.Cli.Following;

/// <summary>
/// The feed over HTTP for a reader that only looks: it names no instance, so it is served and never counted as a verifier.
/// </summary>
internal sealed class RemoteFeed(AuthorityClient authority) : IRevocationFeed
{
    public async Task<FeedAnswer> PollAsync(FeedRequest request, CancellationToken cancellationToken)
    {
        var chain = request.Chain is { } own ? $"&chain={own}" : "";
        var wait = request.Wait.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        var path = $"v1/feed?epoch={Uri.EscapeDataString(request.Epoch)}&after={request.After}{chain}"
            + $"&wait={wait}&nonce={Uri.EscapeDataString(request.Nonce)}";
        using var answer = await authority.SendForAnyAsync(() => new(HttpMethod.Get, path), cancellationToken);
        return answer.StatusCode switch
        {
            HttpStatusCode.Gone => new() { Outcome = FeedOutcome.Gone },
            HttpStatusCode.Conflict => new() { Outcome = FeedOutcome.Conflict },
            HttpStatusCode.OK => FeedJson.Read(await Answers.ReadAsync(answer.Content, cancellationToken)),
            _ => throw await AuthorityProblem.ReadAsync(answer, cancellationToken),
        };
    }

    public async Task SnapshotAsync(SnapshotBuilder builder, CancellationToken cancellationToken)
    {
        await foreach (var line in LinesAsync(authority, cancellationToken))
        {
            FeedJson.ReadSnapshotLine(Encoding.UTF8.GetBytes(line), builder);
        }
    }

    /// <summary>The snapshot's lines as they come: header, live entries, end.</summary>
    public static async IAsyncEnumerable<string> LinesAsync(
        AuthorityClient authority, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var answer = await authority.SendAsync(() => new(HttpMethod.Get, "v1/feed/snapshot"), cancellationToken);
        var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        using var reader = new StreamReader(stream);
        while (await ReadLineAsync(reader, cancellationToken) is { } line)
        {
            yield return line;
        }
    }

    private static async Task<string?> ReadLineAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Answers.BrokenOff(e);
        }
    }
}
