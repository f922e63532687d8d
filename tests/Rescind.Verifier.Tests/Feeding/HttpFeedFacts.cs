using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rescind.Verifier.Feeding;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Feeding;

public sealed class HttpFeedFacts : IAsyncLifetime
{
    private static readonly FeedRequest Request = new() { Epoch = "epoch-1", After = default, Nonce = "nonce" };

    private const string Grant = """
        {"access_token":"feed-token-1","token_type":"Bearer","expires_in":300,"scope":"feed","refresh_token":"r"}
        """;

    private readonly FakeLog _log = new();
    private FakeAuthority _authority = null!;
    private HttpFeed _feed = null!;

    public async ValueTask InitializeAsync()
    {
        _authority = await FakeAuthority.StartAsync(_log);
        _feed = Feed(_authority.Url + "/");
    }

    public async ValueTask DisposeAsync()
    {
        _feed.Dispose();
        await _authority.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_comes_as_the_authority_gave_it()
    {
        var answer = await _feed.PollAsync(Request, default);

        answer.Outcome.ShouldBe(FeedOutcome.Entries);
        answer.Nonce.ShouldBe("nonce");
        answer.Entries.Count.ShouldBe(2);
        answer.Head.ShouldBe(_log.Head.Position);
    }

    [Fact]
    public async Task The_question_names_everything_that_the_contract_lists()
    {
        await _feed.PollAsync(
            Request with
            {
                Epoch = "a&b=c", Chain = LogChain.Start("x"), Wait = TimeSpan.FromSeconds(0.25), Leaving = true,
                Follower = new("my orders", "i&1", TimeSpan.FromSeconds(1.5), "1.2.3"),
            },
            default);

        _authority.Queries.ShouldHaveSingleItem().ShouldBe(
            $"?epoch=a%26b%3Dc&after=0&wait=0.25&nonce=nonce&chain={LogChain.Start("x")}"
            + "&verifier=my%20orders&instance=i%261&bound=1.5&version=1.2.3&leaving=1");
    }

    [Theory]
    [InlineData(410, FeedOutcome.Gone)]
    [InlineData(409, FeedOutcome.Conflict)]
    public async Task A_place_that_the_log_does_not_know_is_an_outcome(int status, FeedOutcome outcome)
    {
        _authority.Instead = Status(status);

        (await _feed.PollAsync(Request, default)).Outcome.ShouldBe(outcome);
    }

    [Theory]
    [InlineData(500, "RSC3203")]
    [InlineData(503, "RSC3203")]
    [InlineData(403, "RSC3202")]
    [InlineData(302, "RSC3204")]
    [InlineData(404, "RSC3204")]
    [InlineData(200, null)]
    public async Task Any_other_answer_is_a_failure_with_a_sentence(int status, string? code)
    {
        _authority.Instead = Status(status);

        var failure = await Should.ThrowAsync<FeedException>(() => _feed.PollAsync(Request, default));

        failure.Message.ShouldContain(code ?? "");
        failure.ToString().ShouldNotContain("feed-token");
    }

    [Fact]
    public async Task A_token_is_asked_for_once_and_renewed_early()
    {
        var time = new FakeTimeProvider();
        using var feed = Feed(_authority.Url, time);
        await feed.PollAsync(Request, default);
        await feed.PollAsync(Request, default);
        _authority.Tokens.ShouldBe(1);

        time.Advance(TimeSpan.FromSeconds(_authority.ExpiresIn * 0.8));
        await feed.PollAsync(Request, default);

        _authority.Tokens.ShouldBe(2);
    }

    [Fact]
    public async Task A_refused_token_is_replaced_once()
    {
        _authority.RefusedTokens = 1;
        (await _feed.PollAsync(Request, default)).Outcome.ShouldBe(FeedOutcome.Entries);
        _authority.Tokens.ShouldBe(2);

        _authority.RefusedTokens = 100;
        (await Should.ThrowAsync<FeedException>(() => _feed.PollAsync(Request, default))).Message.ShouldContain("RSC3202");
        _authority.Tokens.ShouldBe(3);
    }

    [Theory]
    [InlineData(401, "", "RSC3202")]
    [InlineData(500, "", "RSC3203")]
    [InlineData(200, "no json", "RSC3204")]
    [InlineData(200, """{"access_token":"a","access_token":"b","token_type":"Bearer","expires_in":1}""", "RSC3204")]
    [InlineData(200, """{"access_token":"a b","token_type":"Bearer","expires_in":1}""", "RSC3204")]
    [InlineData(200, """{"access_token":"a","token_type":"DPoP","expires_in":1}""", "RSC3204")]
    [InlineData(200, """{"access_token":"a","token_type":"Bearer","expires_in":"1"}""", "RSC3204")]
    public async Task A_token_that_cannot_be_had_is_a_failure_that_shows_no_secret(int status, string body, string code)
    {
        _authority.InsteadOfToken = context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(body);
        };

        var failure = await Should.ThrowAsync<FeedException>(() => _feed.PollAsync(Request, default));

        failure.Message.ShouldContain(code);
        failure.ToString().ShouldNotContain("se+cret");
    }

    [Fact]
    public async Task An_answer_with_a_token_is_read_with_defaults()
    {
        foreach (var answer in new[] { "scope", "refresh_token" }.SelectMany(member => Damaged.Lacking(Grant, member)))
        {
            using var feed = Feed(_authority.Url);
            _authority.InsteadOfToken = context => context.Response.WriteAsync(answer);

            (await feed.PollAsync(Request, default)).Outcome.ShouldBe(FeedOutcome.Entries, answer);
        }

        string[] needed = ["access_token", "token_type", "expires_in"];
        foreach (var answer in needed.SelectMany(member => Damaged.Lacking(Grant, member).Concat(Damaged.Wrong(Grant, member))))
        {
            using var feed = Feed(_authority.Url);
            _authority.InsteadOfToken = context => context.Response.WriteAsync(answer);

            (await Should.ThrowAsync<FeedException>(() => feed.PollAsync(Request, default))).Message
                .ShouldContain("RSC3204", customMessage: answer);
        }
    }

    [Fact]
    public async Task An_endless_answer_is_cut_off()
    {
        // Under a clock that stands still: 64 MiB take a busy machine longer than a poll may take.
        using var feed = Feed(_authority.Url, new FakeTimeProvider());
        _authority.Instead = EndlessAsync;

        (await Should.ThrowAsync<FeedException>(() => feed.PollAsync(Request, default))).Message.ShouldContain("longer than");
    }

    [Fact]
    public async Task An_endless_line_of_a_snapshot_is_cut_off()
    {
        _authority.InsteadOfSnapshot = EndlessAsync;

        (await Should.ThrowAsync<FeedException>(SnapshotAsync)).Message.ShouldContain("line");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null\n")]
    [InlineData("{\"end\":true,\"entries\":0}\n")]
    public async Task A_snapshot_that_is_none_never_counts(string body)
    {
        _authority.InsteadOfSnapshot = context => context.Response.WriteAsync(body);
        var follower = Follower(out var step);

        try
        {
            await _feed.SnapshotAsync(step.Snapshot!, default);
            follower.Loaded(step.Snapshot!);
        }
        catch (FeedException)
        {
            return;
        }

        follower.LastError.ShouldNotBeNull();
    }

    [Fact]
    public async Task An_authority_that_does_not_answer_is_given_up()
    {
        using var asked = new SemaphoreSlim(0);
        _authority.Instead = context =>
        {
            asked.Release();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        var time = new FakeTimeProvider();
        using var feed = Feed(_authority.Url, time);

        var poll = feed.PollAsync(Request with { Wait = TimeSpan.FromSeconds(1) }, default);
        await asked.WaitAsync();
        time.Advance(TimeSpan.FromSeconds(2.9));
        poll.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(0.2));

        (await Should.ThrowAsync<FeedException>(() => poll)).Message.ShouldContain("RSC3203");
    }

    [Fact]
    public async Task An_authority_that_is_not_there_is_a_failure_with_a_sentence()
    {
        using var feed = Feed("http://127.0.0.1:1");

        (await Should.ThrowAsync<FeedException>(() => feed.PollAsync(Request, default))).Message.ShouldContain("RSC3203");
    }

    [Fact]
    public async Task Whoever_cancels_gets_a_cancellation()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => _feed.PollAsync(Request, cancelled.Token));
    }

    private static FeedFollower Follower(out FollowerStep step)
    {
        var bound = TimeSpan.FromSeconds(5);
        var replica = new Replica(TimeProvider.System, Entropy.System);
        var follower = new FeedFollower(replica, new("a", "b", bound), bound, TimeProvider.System, Entropy.System);
        step = follower.Next();
        return follower;
    }

    private Task SnapshotAsync()
    {
        Follower(out var step);
        return _feed.SnapshotAsync(step.Snapshot!, default);
    }

    private static HttpFeed Feed(string authority, TimeProvider? time = null) => new(
        Options.Create(new VerifierOptions { Authority = authority, ClientId = "verifier", ClientSecret = "se+cret" }),
        time ?? TimeProvider.System);

    private static Func<HttpContext, Task> Status(int status) => context =>
    {
        context.Response.StatusCode = status;
        context.Response.Headers.Location = "https://elsewhere.test/";
        return Task.CompletedTask;
    };

    private static async Task EndlessAsync(HttpContext context)
    {
        var block = new byte[64 * 1024];
        block.AsSpan().Fill((byte)' ');
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(block, context.RequestAborted);
        }
    }
}
