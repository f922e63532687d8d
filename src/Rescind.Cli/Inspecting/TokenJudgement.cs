using Rescind.Cli.Following;
using Rescind.Cli.Http;

namespace Rescind.Cli.Inspecting;

/// <summary>
/// What an Authority's log says of a token that was read. Its signature is not checked, so this is no proof that it is genuine.
/// </summary>
/// <param name="Verdict">The verdict; the default where the token is not one that the issuer would send.</param>
/// <param name="Fault">Why it is not.</param>
/// <param name="Rule">
/// The act that decided, in the Authority's words; null if there is none or this client may not see it.
/// </param>
/// <param name="Session">Its session, if that is one of the Authority's own.</param>
internal sealed record TokenJudgement(Verdict Verdict, TokenFault Fault, JsonObject? Rule, string? Session)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Fills a replica from the feed and judges with it; throws <see cref="VerbFailure"/> if that cannot be done.
    /// </summary>
    public static async Task<TokenJudgement> MakeAsync(
        CompactJws jws, AuthorityClient authority, TimeProvider time, CancellationToken cancellationToken)
    {
        var replica = new Replica(time, Entropy.System);
        await FillAsync(replica, new RemoteFeed(authority), time, cancellationToken);
        var record = replica.FindIssuer(jws.Issuer ?? "")
            ?? throw new VerbFailure(ExitCode.Refused, "This Authority knows nothing of the token's issuer.",
                next: "Name the right Authority with --authority.");
        if (!TokenFacts.TryCreate(jws, record, keyThumbprint: null, out var facts, out var fault))
        {
            return new(default, fault, null, null);
        }

        var verdict = new Judge(replica, time).Decide(facts, Bound);
        var rule = await ExplainAsync(verdict, authority);
        return new(verdict, default, rule, record.Own ? facts.SessionId : null);
    }

    private static async Task FillAsync(Replica replica, RemoteFeed feed, TimeProvider time, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var follower = new FeedFollower(
            replica, new FollowerIdentity("inspect", Entropy.System.NextId(), Bound), Freshness, time, Entropy.System);
        try
        {
            while (!replica.IsReady)
            {
                await TakeAsync(follower.Next(), follower, feed, time, either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new VerbFailure(
                ExitCode.Unavailable, $"The log could not be read: {follower.LastError ?? "no answer in time"}.");
        }
    }

    private static async Task TakeAsync(FollowerStep step, FeedFollower follower, RemoteFeed feed, TimeProvider time,
        CancellationToken cancellationToken)
    {
        try
        {
            switch (step.Kind)
            {
                case FollowerStepKind.Poll:
                    follower.Answered(step.Request!, await feed.PollAsync(step.Request!, cancellationToken));
                    break;
                case FollowerStepKind.Snapshot:
                    await feed.SnapshotAsync(step.Snapshot!, cancellationToken);
                    follower.Loaded(step.Snapshot!);
                    break;
                default:
                    await Task.Delay(step.Delay, time, cancellationToken);
                    break;
            }
        }
        catch (FeedException e)
        {
            follower.Failed(e.Message);
        }
    }

    private static async Task<JsonObject?> ExplainAsync(Verdict verdict, AuthorityClient authority)
    {
        if (verdict.Kind is not (VerdictKind.Revoked or VerdictKind.Renew or VerdictKind.Reauthenticate))
        {
            return null;
        }

        try
        {
            return await authority.GetAsync("v1/revocations/" + verdict.By.ToRevocationId());
        }
        catch (VerbFailure failure) when (failure.Exit is ExitCode.NotAllowed or ExitCode.NotFound)
        {
            return null;
        }
    }
}
