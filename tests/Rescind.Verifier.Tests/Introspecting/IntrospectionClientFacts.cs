using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rescind.Verifier.Diagnostics;
using Rescind.Verifier.Introspecting;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Introspecting;

/// <summary>Questions to a scripted Authority, under a clock that only the test moves.</summary>
public sealed class IntrospectionClientFacts : IAsyncLifetime
{
    private static readonly RouteDemand Fallback = new(
        TimeSpan.FromSeconds(5), StaleAction.Introspect, Introspection: false, StepUp: null);
    private static readonly RouteDemand EveryTime = Fallback with { Introspection = true };

    private const string FullAnswer = """
        {"active":true,"scope":"orders.read","client_id":"web","sub":"alice","exp":1767225900,"sid":"s-1"}
        """;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly FakeLogger<IntrospectionClient> _logs = new();
    private readonly SemaphoreSlim _asked = new(0);
    private readonly TaskCompletionSource _mayAnswer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private FakeAuthority _authority = null!;
    private IntrospectionHttp _http = null!;
    private VerifierMetrics _metrics = null!;
    private IntrospectionClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _authority = await FakeAuthority.StartAsync(new());
        Create(_authority.Url + "/");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _http.Dispose();
        _metrics.Dispose();
        await _services.DisposeAsync();
        await _authority.DisposeAsync();
    }

    [Fact]
    public async Task Active_and_inactive_are_told_apart()
    {
        _authority.Inactive.Add("dead");

        (await _client.AskAsync("alive", Fallback)).ShouldBe(IntrospectionAnswer.Active);
        (await _client.AskAsync("dead", Fallback)).ShouldBe(IntrospectionAnswer.Inactive);
    }

    [Fact]
    public async Task Requests_with_one_token_share_one_question()
    {
        Hold();
        var first = _client.AskAsync("token", Fallback);
        await AskedAsync();
        var others = Enumerable.Range(0, 99).Select(_ => _client.AskAsync("token", Fallback)).ToList();
        _mayAnswer.SetResult();

        (await Task.WhenAll(others.Prepend(first))).ShouldAllBe(answer => answer == IntrospectionAnswer.Active);
        _authority.Questions.ShouldBe(["token"]);
    }

    [Fact]
    public async Task An_answer_is_not_kept_for_the_next_request()
    {
        await _client.AskAsync("token", Fallback);
        _authority.Inactive.Add("token");

        (await _client.AskAsync("token", Fallback)).ShouldBe(IntrospectionAnswer.Inactive);
    }

    [Fact]
    public async Task Where_it_is_asked_every_time_a_question_that_was_sent_before_is_not_shared()
    {
        Hold();
        var first = _client.AskAsync("token", EveryTime);
        await AskedAsync();
        _authority.Inactive.Add("token");
        var second = _client.AskAsync("token", EveryTime);
        await AskedAsync();
        _mayAnswer.SetResult();
        await first;

        (await second).ShouldBe(IntrospectionAnswer.Inactive);
        _authority.Questions.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_answer_that_was_asked_for_longer_ago_than_the_freshness_demanded_is_no_yes()
    {
        Hold();
        var answer = _client.AskAsync("token", Fallback with { Freshness = TimeSpan.FromSeconds(1) });
        await AskedAsync();
        _time.Advance(TimeSpan.FromSeconds(1.5));
        _mayAnswer.SetResult();

        (await answer).ShouldBe(IntrospectionAnswer.Unknown);
    }

    [Theory]
    [InlineData("scope")]
    [InlineData("client_id")]
    [InlineData("sub")]
    [InlineData("exp")]
    [InlineData("sid")]
    public async Task A_yes_counts_whatever_else_the_answer_lacks(string member)
    {
        foreach (var answer in Damaged.Lacking(FullAnswer, member).Concat(Damaged.Wrong(FullAnswer, member)))
        {
            _authority.InsteadOfIntrospection = context => context.Response.WriteAsync(answer);

            (await _client.AskAsync("token", Fallback)).ShouldBe(IntrospectionAnswer.Active, answer);
        }
    }

    [Fact]
    public async Task Without_a_yes_or_no_that_can_be_read_nothing_is_known()
    {
        foreach (var answer in Damaged.Lacking(FullAnswer, "active").Concat(Damaged.Wrong(FullAnswer, "active")))
        {
            _authority.InsteadOfIntrospection = context => context.Response.WriteAsync(answer);

            (await _client.AskAsync("token", Fallback)).ShouldBe(IntrospectionAnswer.Unknown, answer);
        }
    }

    [Theory]
    [InlineData(401, "")]
    [InlineData(403, "")]
    [InlineData(404, "")]
    [InlineData(302, "")]
    [InlineData(500, "")]
    [InlineData(503, """{"active":false}""")]
    [InlineData(200, "")]
    [InlineData(200, "null")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"active":"true"}""")]
    [InlineData(200, """{"active":true,"active":false}""")]
    public async Task Whatever_is_neither_yes_nor_no_is_unknown(int status, string body)
    {
        _authority.InsteadOfIntrospection = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/introspect";
            return context.Response.WriteAsync(body);
        };

        (await _client.AskAsync("token", Fallback)).ShouldBe(IntrospectionAnswer.Unknown);
        _authority.Questions.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_authority_that_does_not_answer_is_given_up_at_the_limit()
    {
        Hold();
        var answer = _client.AskAsync("token", Fallback);
        await AskedAsync();
        _time.Advance(IntrospectionClient.Limit - TimeSpan.FromMilliseconds(1));
        answer.IsCompleted.ShouldBeFalse();

        _time.Advance(TimeSpan.FromMilliseconds(1));

        (await answer).ShouldBe(IntrospectionAnswer.Unknown);
    }

    [Fact]
    public async Task What_waits_for_its_turn_is_given_up_at_the_limit_too_and_what_is_over_the_bounds_at_once()
    {
        Hold();
        var waiting = Enumerable.Range(0, IntrospectionClient.MaxCalls)
            .Select(i => _client.AskAsync($"token-{i}", Fallback)).ToList();

        (await _client.AskAsync("one too many", Fallback)).ShouldBe(IntrospectionAnswer.Unknown);
        for (var i = 0; i < IntrospectionClient.MaxConcurrent; i++)
        {
            await AskedAsync();
        }

        _time.Advance(IntrospectionClient.Limit);

        (await Task.WhenAll(waiting)).ShouldAllBe(answer => answer == IntrospectionAnswer.Unknown);
        _authority.Questions.Count.ShouldBe(IntrospectionClient.MaxConcurrent);
    }

    [Fact]
    public async Task After_failures_in_a_row_nothing_is_asked_for_a_while_then_one_tries_and_opens_the_way()
    {
        await BreakAsync();
        var asked = _authority.Questions.Count;
        (await _client.AskAsync("token", Fallback)).ShouldBe(IntrospectionAnswer.Unknown);
        _authority.Questions.Count.ShouldBe(asked);

        _time.Advance(IntrospectionBreaker.Pause);
        Hold();
        var trying = _client.AskAsync("token", Fallback);
        await AskedAsync();
        (await _client.AskAsync("another", Fallback)).ShouldBe(IntrospectionAnswer.Unknown);
        _mayAnswer.SetResult();

        (await trying).ShouldBe(IntrospectionAnswer.Active);
        (await _client.AskAsync("another", Fallback)).ShouldBe(IntrospectionAnswer.Active);
        _logs.Collector.GetSnapshot().Select(line => line.Id.Id).ShouldBe([3208, 3105]);
    }

    [Fact]
    public async Task A_try_that_fails_waits_as_long_again()
    {
        await BreakAsync();
        _time.Advance(IntrospectionBreaker.Pause);
        var asked = _authority.Questions.Count;

        await _client.AskAsync("token", Fallback);
        await _client.AskAsync("token", Fallback);

        _authority.Questions.Count.ShouldBe(asked + 1);
    }

    [Fact]
    public async Task A_no_is_an_answer_and_breaks_nothing()
    {
        _authority.Inactive.Add("dead");

        for (var i = 0; i < IntrospectionBreaker.MaxFailures * 2; i++)
        {
            (await _client.AskAsync("dead", Fallback)).ShouldBe(IntrospectionAnswer.Inactive);
        }
    }

    [Fact]
    public async Task An_authority_that_is_not_there_is_unknown_and_neither_token_nor_secret_is_logged()
    {
        Create("http://127.0.0.1:1");

        for (var i = 0; i < IntrospectionBreaker.MaxFailures; i++)
        {
            (await _client.AskAsync("a-very-secret-token", Fallback)).ShouldBe(IntrospectionAnswer.Unknown);
        }

        var line = _logs.Collector.GetSnapshot().ShouldHaveSingleItem();
        line.Message.ShouldContain("RSC3208");
        line.ToString().ShouldNotContain("a-very-secret-token");
        line.ToString().ShouldNotContain("se+cret");
    }

    // Bounded, so that a question that is never asked is a failure and not a wait without end.
    private async Task AskedAsync() => (await _asked.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeTrue("Nothing was asked.");

    private async Task BreakAsync()
    {
        _authority.InsteadOfIntrospection = static context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        for (var i = 0; i < IntrospectionBreaker.MaxFailures; i++)
        {
            (await _client.AskAsync("token", Fallback)).ShouldBe(IntrospectionAnswer.Unknown);
        }
    }

    // Answers by what is inactive at the time of the question, as an Authority does whose answer is slow on its way.
    private void Hold() => _authority.InsteadOfIntrospection = async context =>
    {
        var active = !_authority.Inactive.Contains((await context.Request.ReadFormAsync())["token"].ToString());
        _asked.Release();
        await _mayAnswer.Task.WaitAsync(context.RequestAborted);
        await context.Response.WriteAsJsonAsync(new { active });
    };

    private void Create(string authority)
    {
        var options = Options.Create(
            new VerifierOptions { Authority = authority, ClientId = "verifier", ClientSecret = "se+cret" });
        _metrics = new(_services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
        _http = new(options);
        _client = new(_http, _time, _metrics, _logs);
    }
}
