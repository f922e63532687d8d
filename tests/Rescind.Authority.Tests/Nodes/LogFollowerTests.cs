using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Memory;
using Rescind.Client.Tests.Support;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Nodes;

/// <summary>One node's view of a log that others write, too.</summary>
public sealed class LogFollowerTests : IAsyncLifetime
{
    private readonly MemoryData _data = new();
    private readonly SettableTime _time = new(DateTimeOffset.UtcNow);
    private readonly CommittedLog _log;
    private readonly NodeRegistry _registry;
    private readonly LogFollower _follower;
    private readonly MemoryStore _here;
    private readonly MemoryStore _there;
    private TimeSpan _readTakes;

    public LogFollowerTests()
    {
        (_here, _there) = (Open(), Open());
        (_log, _registry) = (new(_time, Entropy.System), new(_here.Registry));
        _follower = new(_here, _log, _registry, _time);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _follower.BeginAsync(Cancel);

    public async ValueTask DisposeAsync()
    {
        _follower.Dispose();
        _registry.Dispose();
        await _here.DisposeAsync();
        await _there.DisposeAsync();
    }

    [Fact]
    public async Task Its_age_counts_from_before_the_store_was_asked()
    {
        _time.Advance(TimeSpan.FromSeconds(10));
        _follower.Age.ShouldBe(TimeSpan.FromSeconds(10));

        _readTakes = TimeSpan.FromSeconds(2);
        await _follower.CatchUpAsync(Cancel);

        _follower.Age.ShouldBe(TimeSpan.FromSeconds(2));
        await Should.ThrowAsync<StoreUnavailableException>(() => _follower.RequireCurrentAsync(Cancel));
        _readTakes = TimeSpan.Zero;
        await _follower.CatchUpAsync(Cancel);
        await _follower.RequireCurrentAsync(Cancel);
    }

    [Fact]
    public async Task A_commit_that_was_read_before_it_was_handed_over_is_taken_once()
    {
        var commits = new List<LogCommit>();
        _here.Committed = commit =>
        {
            commits.Add(commit);
            return ValueTask.CompletedTask;
        };
        await RevokeAsync(_here, "alice");
        await RevokeAsync(_there, "bob");
        await RevokeAsync(_here, "carol");
        await _follower.CatchUpAsync(Cancel);
        var head = _log.Tail.Head;

        foreach (var commit in commits)
        {
            await _follower.AppendAsync(commit);
        }

        _log.Tail.Head.ShouldBe(head);
        head.ShouldBe(_data.Head);
    }

    [Fact]
    public async Task A_commit_of_which_a_part_is_here_gives_the_rest()
    {
        var before = _log.Tail.Head;
        await RevokeAsync(_there, "alice");
        await RevokeAsync(_there, "bob");
        var (entries, head) = ((await _there.Revocations.ReadAsync(before.Position, 10, Cancel))!.Entries, _data.Head);
        _log.TryAppend(before.Position, [entries[0]], before.Then(entries[0])).ShouldBeTrue();

        _log.TryAppend(before.Position, entries, head).ShouldBeTrue();

        _log.Tail.Head.ShouldBe(head);
    }

    [Fact]
    public async Task Entries_after_a_gap_are_not_taken()
    {
        var before = _log.Tail.Head;
        await RevokeAsync(_there, "alice");
        var first = _data.Head;
        await RevokeAsync(_there, "bob");
        var page = (await _there.Revocations.ReadAsync(first.Position, 10, Cancel))!;

        _log.TryAppend(first.Position, page.Entries, page.Head).ShouldBeFalse();

        _log.Tail.Head.ShouldBe(before);
    }

    [Fact]
    public async Task A_log_that_does_not_go_on_from_what_is_here_is_not_taken()
    {
        _data.Head = LogHead.Empty("another");
        _data.LogBase = (default, _data.Head.Chain);
        await RevokeAsync(_there, "alice");

        await Should.ThrowAsync<StoreUnavailableException>(_follower.CatchUpAsync(Cancel));

        _time.Advance(TimeSpan.FromSeconds(2));
        _follower.Age.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_store_that_lacks_what_was_published_proves_nothing()
    {
        await RevokeAsync(_there, "alice");
        var before = _data.Head;
        await _follower.CatchUpAsync(Cancel);
        await RevokeAsync(_there, "bob");
        await _follower.CatchUpAsync(Cancel);

        _data.Log.Remove(_data.Head.Position.Value);
        _data.Head = before;
        _time.Advance(TimeSpan.FromSeconds(2));
        var refused = await Should.ThrowAsync<StoreUnavailableException>(_follower.CatchUpAsync(Cancel));

        refused.Message.ShouldStartWith("RSC1037");
        _follower.Age.ShouldBe(TimeSpan.FromSeconds(2));
        await RevokeAsync(_there, "carol");
        await Should.ThrowAsync<StoreUnavailableException>(_follower.CatchUpAsync(Cancel));
        await Should.ThrowAsync<StoreUnavailableException>(_follower.RequireCurrentAsync(Cancel));
    }

    private static Task<RevokeOutcome> RevokeAsync(MemoryStore store, string subject) => store.Revocations.RevokeAsync(
        new()
        {
            Issuer = StoreSuite.OwnIssuer, Match = Match.Subject(subject), Effect = Effect.End, Reason = "test",
            Audit = AuditContext.System,
        },
        Cancel);

    private MemoryStore Open() => MemoryStore.Open(
        _data,
        new()
        {
            Issuer = StoreSuite.OwnIssuer,
            Before = step =>
            {
                if (step is MemoryStep.Read && _readTakes > TimeSpan.Zero)
                {
                    _time.Advance(_readTakes);
                }

                return new(MemoryFault.None);
            },
        },
        _time, Entropy.System);
}
