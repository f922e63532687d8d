using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Rescind.Authority.Revocations;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Feeding;

/// <summary>A verifier in the Authority's own process: the real follower over <see cref="IRevocationFeed"/>.</summary>
public sealed class InProcessFeedTests : IAsyncLifetime
{
    private readonly Replica _replica = new(TimeProvider.System, Entropy.System);
    private AuthorityHost _authority = null!;

    public async ValueTask InitializeAsync() => _authority = await AuthorityHost.StartAsync();

    public ValueTask DisposeAsync() => _authority.DisposeAsync();

    [Fact]
    public async Task It_becomes_ready_refuses_what_is_revoked_and_is_counted_in_receipts()
    {
        using var stop = new CancellationTokenSource();
        var following = FollowAsync(stop.Token);
        while (!_replica.IsReady)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        var session = await _authority.StartSessionAsync();
        var facts = _authority.Read(_authority.AccessTokenOf(session))!.Facts;
        var judge = new Judge(_replica, TimeProvider.System);
        judge.Decide(facts, TimeSpan.FromSeconds(5)).IsValid.ShouldBeTrue();

        var receipt = await _authority.Get<IRevocations>().RevokeAsync(
            new RevocationRequest { Match = Match.Session(session.Id), Reason = "signed out", Wait = TimeSpan.FromSeconds(10) },
            TestContext.Current.CancellationToken);

        judge.Decide(facts, TimeSpan.FromSeconds(5)).Kind.ShouldBe(VerdictKind.Revoked);
        (receipt.Sessions, receipt.InForce!.Verifiers, receipt.InForce.Applied).ShouldBe((1, 1, 1));
        _replica.OwnKeys.Count.ShouldBe(2);
        _replica.OwnIssuer!.Issuer.ShouldBe(AuthorityHost.Issuer);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(following);
    }

    [Fact]
    public async Task A_poll_is_held_although_the_app_stops_and_ends_when_its_caller_does()
    {
        var head = _authority.Tail.Head;
        using var stop = new CancellationTokenSource();
        var request = new FeedRequest { Epoch = head.Epoch, After = head.Position, Nonce = "n", Wait = TimeSpan.FromMinutes(1),
            Follower = new("embedded", "i", TimeSpan.FromMinutes(30)) };

        _authority.Get<IHostApplicationLifetime>().StopApplication();
        var poll = _authority.Get<IRevocationFeed>().PollAsync(request, stop.Token);

        poll.IsCompleted.ShouldBeFalse();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(poll);
    }

    [Theory]
    [InlineData(3600, true)]
    [InlineData(-3600, false)]
    public async Task One_that_needs_what_another_clock_has_forgotten_is_told_so_and_sent_nothing(int seconds, bool isRefused)
    {
        using var folder = new TemporaryFolder();
        await using var authority = await AuthorityHost.StartAsync(data: folder.Path);
        var forgotten = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds;
        await using (var connection = new SqliteConnection(
            $"Data Source={Path.Combine(folder.Path, "rescind.db")};Pooling=False"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = $"update head set forgotten = {forgotten}";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var bound = TimeSpan.FromSeconds(5);
        var follower = new FeedFollower(_replica, new("embedded", "i", bound), bound, TimeProvider.System, Entropy.System);
        var step = follower.Next();
        var reading = authority.Get<IRevocationFeed>().SnapshotAsync(step.Snapshot!, TestContext.Current.CancellationToken);

        if (isRefused)
        {
            (await Should.ThrowAsync<FeedException>(reading)).Message.ShouldStartWith("RSC1913");
        }
        else
        {
            await reading;
        }

        follower.Loaded(step.Snapshot!);
        (follower.LastError is not null).ShouldBe(isRefused);
    }

    [Fact]
    public async Task What_an_application_cannot_revoke_is_refused_before_anything_is_written()
    {
        var revocations = _authority.Get<IRevocations>();
        var before = _authority.Tail.Head;

        await RefusedAsync("RSC2009", new() { Match = Match.Key("k"), Effect = Effect.Renew, Reason = "x" });
        await RefusedAsync("RSC2002", new() { Match = Match.Subject("a"), Reason = " " });
        await RefusedAsync("RSC2002", new() { Match = Match.Subject("a"), Reason = new('x', 501) });

        _authority.Tail.Head.ShouldBe(before);

        async Task RefusedAsync(string code, RevocationRequest request) =>
            (await Should.ThrowAsync<RevocationRefusedException>(
                () => revocations.RevokeAsync(request, TestContext.Current.CancellationToken)))
                .Code.ShouldBe(code);
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        var feed = _authority.Get<IRevocationFeed>();
        var identity = new FollowerIdentity("embedded", "i", TimeSpan.FromSeconds(5));
        var follower = new FeedFollower(_replica, identity, TimeSpan.FromSeconds(2), TimeProvider.System, Entropy.System);
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            switch (follower.Next())
            {
                case { Kind: FollowerStepKind.Snapshot, Snapshot: { } snapshot }:
                    await feed.SnapshotAsync(snapshot, stop);
                    follower.Loaded(snapshot);
                    break;
                case { Kind: FollowerStepKind.Poll, Request: { } request }:
                    follower.Answered(request, await feed.PollAsync(request, stop));
                    break;
                case var step:
                    await Task.Delay(step.Delay, stop);
                    break;
            }
        }
    }
}
