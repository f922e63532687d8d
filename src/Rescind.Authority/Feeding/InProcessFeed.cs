using Rescind.Authority.Stores;

namespace Rescind.Authority.Feeding;

/// <summary>
/// The feed for a verifier in the same process: the same answers, without HTTP. Counted in receipts like any other.
/// </summary>
internal sealed class InProcessFeed(FeedServer server, IRevocationStore store) : IRevocationFeed
{
    /// <summary>The client that an embedding application counts as.</summary>
    public const string ClientId = "app";

    public async Task<FeedAnswer> PollAsync(FeedRequest request, CancellationToken cancellationToken)
    {
        try
        {
            // Held to its end although the app stops: a follower that is answered at once asks again at once, on the
            // very thread that stops the app, and that would never end.
            var answer = await server.AnswerAsync(ClientId, null, request, CancellationToken.None, cancellationToken)
                .ConfigureAwait(false);

            // A verifier here has the Authority's clock and no other.
            return answer with { Now = answer.Now - Retention.ForgettingMargin };
        }
        catch (StoreUnavailableException e)
        {
            throw new FeedException(e.Message, e);
        }
    }

    public async Task SnapshotAsync(SnapshotBuilder builder, CancellationToken cancellationToken)
    {
        var entries = 0L;
        try
        {
            await store.SnapshotAsync(new(builder.Now, IsSecondClock: false), Begin, Add, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            throw new FeedException(e.Message, e);
        }

        builder.End(entries);

        Task Begin(LogHead head)
        {
            builder.Begin(server.SnapshotHeader(head));
            return Task.CompletedTask;
        }

        Task Add(LogEntry entry)
        {
            builder.Add(entry);
            entries++;
            return Task.CompletedTask;
        }
    }
}
