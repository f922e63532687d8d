using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Logouts;
using Rescind.Authority.Tests.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Authority.Tests.Logouts;

/// <summary>What operators see of clients that are told, and how a client that fails is spared.</summary>
public sealed class LogoutSignalTests : IAsyncLifetime
{
    private const int Failed = 1710;
    private const int Refused = 1711;

    private readonly LogLines _lines = new();
    private readonly PauseClock _pauses = new();
    private AuthorityHost _authority = null!;
    private LogoutReceiver _shop = null!;

    public async ValueTask InitializeAsync()
    {
        _authority = await AuthorityHost.StartAsync(services =>
        {
            services.AddSingleton<ILoggerProvider>(_lines);
            services.Remove(services.Single(service => service.ImplementationType == typeof(LogoutDelivery)));
        });
        _shop = await LogoutReceiver.StartAsync();
        await _authority.AddToldClientAsync("shop", _shop);
    }

    public async ValueTask DisposeAsync()
    {
        await _authority.DisposeAsync();
        await _shop.DisposeAsync();
    }

    [Fact]
    public async Task Pauses_double_from_a_second_to_five_minutes_less_a_half_at_most_by_chance()
    {
        _shop.AnswerAlways(HttpStatusCode.ServiceUnavailable);
        var client = await EndSessionsAsync(1);

        for (var i = 0; i < 11; i++)
        {
            var turn = client.ContinueAsync(_shop.Url, CancellationToken.None);
            await Eventually.Async(() => _pauses.Lengths.Count == i + 1);
            client.ContinueAsync(_shop.Url, CancellationToken.None).ShouldBeSameAs(turn);
            _pauses.Advance(_pauses.Lengths[^1]);
            await turn;
        }

        _shop.Told.Count.ShouldBe(11);
        foreach (var (i, pause) in _pauses.Lengths.Index())
        {
            var longest = Math.Min(Math.Pow(2, i), 300);
            pause.TotalSeconds.ShouldBeInRange(longest / 2, longest);
        }

        _pauses.Lengths.ShouldBeUnique();
    }

    [Fact]
    public async Task A_client_that_answers_again_is_told_several_at_once_and_its_next_pause_is_short()
    {
        _shop.AnswerAlways(HttpStatusCode.ServiceUnavailable);
        var client = await EndSessionsAsync(20);
        for (var i = 0; i < 5; i++)
        {
            await TakeTurnAsync(client);
        }

        _shop.AnswerAlways(HttpStatusCode.OK);
        await TakeTurnAsync(client);
        var alone = _shop.Told.Count;
        await TakeTurnAsync(client);
        var together = _shop.Told.Count - alone;
        _shop.AnswerAlways(HttpStatusCode.ServiceUnavailable);
        await TakeTurnAsync(client);

        (alone, together).ShouldBe((6, ClientLogouts.MaxAtOnce));
        _pauses.Lengths[^1].ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Outcomes_are_counted_and_logged_and_no_token_is_shown()
    {
        using var counts = new Counts(_authority);
        var client = await EndSessionsAsync(3);
        foreach (var status in new[] { HttpStatusCode.BadGateway, HttpStatusCode.OK, HttpStatusCode.BadRequest,
            HttpStatusCode.BadRequest })
        {
            _shop.AnswerAlways(status);
            await TakeTurnAsync(client);
        }

        counts.Of("rescind.logout.failures").ShouldBe([""]);
        counts.Of("rescind.logouts").ShouldBe(
            ["rescind.outcome=delivered", "rescind.outcome=refused", "rescind.outcome=refused"]);
        (_lines.Count(Failed), _lines.Count(Refused)).ShouldBe((1, 2));
        foreach (var part in _shop.Told.SelectMany(told => told.Token.Split('.')))
        {
            _lines.Text.ShouldNotContain(part);
        }
    }

    private async Task<ClientLogouts> EndSessionsAsync(int count)
    {
        await _authority.StartAsync("shop", count);
        await _authority.RevokeAsync(Match.Subject("alice"));
        (await _authority.IsDoneAsync("shop")).ShouldBeFalse();
        (await _authority.IsDoneAsync("shop")).ShouldBeFalse();
        return new("shop", _authority.Get<LogoutOutbox>(), _authority.Get<LogoutCalls>(), Entropy.System, _pauses);
    }

    private async Task TakeTurnAsync(ClientLogouts client)
    {
        var turn = client.ContinueAsync(_shop.Url, CancellationToken.None);
        await Eventually.Async(() =>
        {
            _pauses.Advance(TimeSpan.FromMinutes(5));
            return turn.IsCompleted;
        });
    }

    /// <summary>A clock that stands still and remembers how long it was waited on.</summary>
    private sealed class PauseClock : FakeTimeProvider
    {
        private readonly ConcurrentQueue<TimeSpan> _lengths = new();

        public IReadOnlyList<TimeSpan> Lengths => [.. _lengths];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _lengths.Enqueue(dueTime);
            return timer;
        }
    }
}
