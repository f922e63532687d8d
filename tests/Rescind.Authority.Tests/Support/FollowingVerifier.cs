namespace Rescind.Authority.Tests.Support;

/// <summary>
/// A verifier outside: it knows nothing but what an Authority sends, and goes on with whichever Authority it is shown next.
/// </summary>
internal sealed class FollowingVerifier
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly FeedFollower _follower;

    public FollowingVerifier(TimeProvider time)
    {
        (_time, Replica) = (time, new(time, Entropy.System));
        _follower = new(Replica, new("orders", Entropy.System.NextId(), Bound), Bound / 2, time, Entropy.System);
    }

    public Replica Replica { get; }

    /// <summary>Takes what the Authority has, until it is ready and in the same epoch.</summary>
    public async Task FollowAsync(AuthorityHost authority, CancellationToken cancellationToken)
    {
        var feed = authority.Get<IRevocationFeed>();
        while (!Replica.IsReady || Replica.Epoch != authority.Tail.Head.Epoch || Replica.Age > Bound)
        {
            switch (_follower.Next())
            {
                case { Kind: FollowerStepKind.Snapshot, Snapshot: { } snapshot }:
                    await feed.SnapshotAsync(snapshot, cancellationToken);
                    _follower.Loaded(snapshot);
                    break;
                case { Kind: FollowerStepKind.Poll, Request: { } request }:
                    _follower.Answered(request, await feed.PollAsync(request, cancellationToken));
                    break;
            }
        }
    }

    public VerdictKind KindOf(TokenFacts facts) => new Judge(Replica, _time).Decide(facts, Bound).Kind;
}
