using System.Buffers;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Feeding;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Feeding;

/// <summary>Answers to polls that come slowly, or not to their end, from a real server.</summary>
public sealed class SlowAnswers : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(60);

    // Longer altogether than a poll that is not held may take until its answer begins.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private const int Pieces = 12;

    private readonly FakeLog _log = new();
    private readonly Replica _replica = new(TimeProvider.System, Entropy.System);
    private FakeAuthority _authority = null!;
    private HttpFeed _feed = null!;

    public async ValueTask InitializeAsync()
    {
        _authority = await FakeAuthority.StartAsync(_log);
        _feed = new(
            Options.Create(new VerifierOptions { Authority = _authority.Url, ClientId = "verifier", ClientSecret = "se+cret" }),
            TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _feed.Dispose();
        await _authority.DisposeAsync();
    }

    [Fact]
    public async Task One_that_comes_slowly_arrives_and_proves_what_held_when_it_was_asked_for()
    {
        var follower = await LoadAsync();
        _authority.Instead = context => TrickleAsync(context, stopsAfter: Pieces);
        var request = follower.Next().Request!;
        var sent = Stopwatch.StartNew();

        follower.Answered(request, await _feed.PollAsync(request, default));

        follower.LastError.ShouldBeNull();
        _replica.Age.ShouldBeGreaterThan(Pause * (Pieces - 2));
        _replica.Age.ShouldBeLessThanOrEqualTo(sent.Elapsed + Pause);
    }

    [Fact]
    public async Task One_that_stands_still_in_the_middle_is_given_up_sooner_than_it_may_be_held()
    {
        var follower = await LoadAsync();
        _authority.Instead = context => TrickleAsync(context, stopsAfter: Pieces / 2);
        var sent = Stopwatch.StartNew();

        var failure = await Should.ThrowAsync<FeedException>(
            () => _feed.PollAsync(follower.Next().Request! with { Wait = LongWait }, default));

        sent.Elapsed.ShouldBeLessThan(LongWait / 2);
        failure.Message.ShouldContain("RSC3203");
        failure.Message.ShouldContain("within 2 s");
    }

    [Fact]
    public async Task One_that_does_not_begin_is_given_up_a_little_after_the_time_for_which_it_may_be_held()
    {
        var follower = await LoadAsync();
        _authority.Instead = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var (wait, sent) = (TimeSpan.FromSeconds(1), Stopwatch.StartNew());

        var failure = await Should.ThrowAsync<FeedException>(
            () => _feed.PollAsync(follower.Next().Request! with { Wait = wait }, default));

        sent.Elapsed.ShouldBeInRange(wait, LongWait / 2);
        failure.Message.ShouldContain("within 3 s");
    }

    private async Task<FeedFollower> LoadAsync()
    {
        var follower = new FeedFollower(_replica, new("orders", "one", Bound), Bound, TimeProvider.System, Entropy.System);
        var step = follower.Next();
        await _feed.SnapshotAsync(step.Snapshot!, default);
        follower.Loaded(step.Snapshot!);
        return follower;
    }

    private async Task TrickleAsync(HttpContext context, int stopsAfter)
    {
        var head = _log.Head;
        var answer = await _log.PollAsync(
            new() { Epoch = head.Epoch, After = head.Position, Nonce = context.Request.Query["nonce"]! }, default);
        var body = new ArrayBufferWriter<byte>();
        FeedJson.Write(answer, body);
        for (var piece = 0; piece < stopsAfter; piece++)
        {
            var (from, to) = (body.WrittenCount * piece / Pieces, body.WrittenCount * (piece + 1) / Pieces);
            await context.Response.Body.WriteAsync(body.WrittenMemory[from..to], context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Pause, context.RequestAborted);
        }

        if (stopsAfter < Pieces)
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }
    }
}
