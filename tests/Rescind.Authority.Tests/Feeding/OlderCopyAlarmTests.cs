using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Feeding;
using Rescind.Authority.Tests.Support;
using Rescind.Client.Tests.Support;

namespace Rescind.Authority.Tests.Feeding;

/// <summary>What the Authority says when a verifier knows a part of the log that is not in it.</summary>
public sealed class OlderCopyAlarmTests : IAsyncLifetime
{
    private readonly LogLines _log = new();
    private readonly SettableTime _time = new(DateTimeOffset.UtcNow);
    private AuthorityHost _authority = null!;

    public async ValueTask InitializeAsync() => _authority = await AuthorityHost.StartAsync(services =>
    {
        services.AddSingleton<ILoggerProvider>(_log);
        services.AddSingleton<TimeProvider>(_time);
    });

    public async ValueTask DisposeAsync() => await _authority.DisposeAsync();

    [Fact]
    public async Task A_position_above_the_head_is_told_at_once_and_is_refused_again_and_again()
    {
        var caller = await FeedCaller.CreateAsync(_authority);
        var above = new LogPosition(_authority.Tail.Head.Position.Value + 1_000_000_000);

        for (var i = 0; i < 3; i++)
        {
            (await caller.PollAsync(above)).ShouldBeProblem(HttpStatusCode.Conflict);
        }

        _log.Count(2207).ShouldBe(1);
        _log.Text.ShouldContain("rescind restore");
        var audit = await _authority.GetAsync("/v1/audit?limit=1000", await _authority.BearerAsync("admin"));
        var entry = audit.Json.GetProperty("entries").EnumerateArray()
            .Where(entry => entry.GetProperty("action").GetString() == "feed.conflict").ShouldHaveSingleItem();
        entry.GetProperty("reason").GetString().ShouldNotBeNull().ShouldContain($"{above.Value}");
        var health = await _authority.GetAsync("/health");
        (health.Status, health["status"]).ShouldBe((HttpStatusCode.OK, "degraded"));
        health.Text.ShouldContain("RSC2207");
        (await _authority.GetAsync("/health/ready")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Another_chain_for_a_position_of_ours_and_a_later_log_of_another_epoch_are_told_as_well()
    {
        await (await FeedCaller.CreateAsync(_authority)).PollAsync(more: $"&chain={LogChain.Start("other")}");
        await (await FeedCaller.CreateAsync(_authority)).PollAsync(new(LogPosition.MaxValue), epoch: "other");

        _log.Count(2207).ShouldBe(2);
    }

    [Fact]
    public async Task An_earlier_log_of_another_epoch_and_whoever_follows_ours_are_told_nothing()
    {
        var caller = await FeedCaller.CreateAsync(_authority);

        await caller.PollAsync();
        await caller.PollAsync(new(1), epoch: "before");

        _log.Count(2207).ShouldBe(0);
        (await _authority.GetAsync("/health"))["status"].ShouldBe("healthy");
    }

    [Fact]
    public async Task Each_client_is_heard_once_an_hour_whatever_the_clock_is_set_to()
    {
        var (one, two) = (await FeedCaller.CreateAsync(_authority), await FeedCaller.CreateAsync(_authority));
        foreach (var caller in new[] { one, two, one, two })
        {
            await caller.PollAsync(new(LogPosition.MaxValue));
        }

        _log.Count(2207).ShouldBe(2);
        var alarm = _authority.Get<OlderCopyAlarm>();
        _time.Set(-TimeSpan.FromHours(5));
        _time.Advance(OlderCopyAlarm.Interval);
        var request = new FeedRequest { Epoch = "e", After = new(LogPosition.MaxValue), Nonce = "" };
        await alarm.CheckAsync(request, FeedOutcome.Gone, _authority.Tail.Head, new("client:one", null, null));
        await alarm.CheckAsync(request, FeedOutcome.Gone, _authority.Tail.Head, new("client:one", null, null));

        _log.Count(2207).ShouldBe(3);
    }
}
