using System.Net;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Rescind.Verifier.Diagnostics;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Feeding;

/// <summary>An Authority that is newer than the verifier, and writes what this version does not know.</summary>
public sealed class NewerAuthorities
{
    [Fact]
    public async Task A_verifier_that_is_too_old_says_so_once_and_goes_on_refusing_the_dead()
    {
        var log = new FakeLog();
        var feed = new NewerFeed(log);
        await using var api = await Api.StartAsync(new() { Feed = feed });
        var (dead, living) = (log.Mint(new { jti = "dead" }), log.Mint());

        feed.IsNewer = true;
        log.End(Match.Token("another"));
        await Eventually.Async(() => api.Status.NeedsUpgrade);
        var position = log.End(Match.Token("dead"));
        await Eventually.Async(() => api.Status.Position >= position);

        (await api.StatusAsync(living)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await api.StatusAsync(dead)).ShouldBe(HttpStatusCode.Unauthorized);
        await PollsAsync(log, 3);
        api.Logs.GetSnapshot().Count(record => record.Id.Id == 3205).ShouldBe(1);
        api.Logs.GetSnapshot().ShouldNotContain(record => record.Id.Id == 3203);
        var health = ReplicaHealthCheck.Check(api.Status);
        (health.Status, health.Data["trouble"]).ShouldBe((HealthStatus.Unhealthy, VerifierErrors.TooOld.Sentence()));
        health.Description.ShouldNotBeNull().ShouldStartWith("RSC3205");
    }

    [Fact]
    public async Task A_snapshot_that_is_too_new_leaves_the_verifier_unready_and_is_fetched_once()
    {
        var log = new FakeLog();
        var feed = new NewerFeed(log) { IsNewer = true };
        await using var api = await Api.StartAsync(new() { Feed = feed, WaitUntilReady = false });

        await Eventually.Async(() => api.Status.NeedsUpgrade);
        await PollsAsync(log, 3);

        (await api.StatusAsync(log.Mint())).ShouldBe(HttpStatusCode.ServiceUnavailable);
        feed.Snapshots.ShouldBe(1);
        ReplicaHealthCheck.Check(api.Status).Description.ShouldNotBeNull().ShouldStartWith("RSC3205");
    }

    private static Task PollsAsync(FakeLog log, int more)
    {
        var before = log.Polls.Count;
        return Eventually.Async(() => log.Polls.Count >= before + more);
    }

    /// <summary>A feed that holds an entry of a kind that nobody knows yet, once it is newer.</summary>
    private sealed class NewerFeed(FakeLog log) : IRevocationFeed
    {
        public volatile bool IsNewer;
        private int _snapshots;

        public int Snapshots => _snapshots;

        public async Task<FeedAnswer> PollAsync(FeedRequest request, CancellationToken cancellationToken)
        {
            var answer = await log.PollAsync(request, cancellationToken);
            return IsNewer && answer is { Entries: [.., var last] }
                ? answer with { Entries = [.. answer.Entries.SkipLast(1), Unknown(last.Position.Value - 1), last] }
                : answer;
        }

        public Task SnapshotAsync(SnapshotBuilder builder, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _snapshots);
            var (header, entries) = log.Snapshot();
            List<LogEntry> all = IsNewer ? [Unknown(1), .. entries] : entries;
            builder.Begin(header);
            all.ForEach(builder.Add);
            builder.End(all.Count);
            return Task.CompletedTask;
        }

        private static LogEntry Unknown(long position) =>
            new() { Kind = LogEntryKind.Unknown, Position = new(position), At = 1, Issuer = "" };
    }
}
