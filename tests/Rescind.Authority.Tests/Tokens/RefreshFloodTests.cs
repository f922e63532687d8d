using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Tokens;

/// <summary>More refreshes than can be served: some wait, none is logged out.</summary>
public sealed class RefreshFloodTests
{
    private const int Served = 4;
    private const int Flood = 32;

    [Fact]
    public async Task A_flood_is_turned_away_by_503_and_everybody_gets_through_afterwards()
    {
        await using var host = await AuthorityHost.StartAsync(
            services => services.Configure<AuthorityOptions>(options => options.MaxConcurrentRefreshes = Served));
        var tokens = new List<string>();
        for (var i = 0; i < Flood; i++)
        {
            tokens.Add(host.RefreshTokens.Derive(await host.StartSessionAsync($"subject-{i}")));
        }

        using var release = new ManualResetEventSlim();
        var holding = await HoldStoreAsync(host, release);
        var calls = tokens.Select(token => (Token: token, Answer: host.RefreshAsync(token))).ToList();
        var answered = await Task.WhenEach(calls.Select(call => call.Answer)).Take(Flood - Served).ToListAsync();
        var turnedAway = calls.Where(call => answered.Contains(call.Answer)).ToList();
        calls.Except(turnedAway).ShouldAllBe(call => !call.Answer.IsCompleted);
        release.Set();
        await holding;

        foreach (var (_, answer) in calls.Except(turnedAway))
        {
            (await answer).Status.ShouldBe(HttpStatusCode.OK);
        }

        foreach (var (token, answering) in turnedAway)
        {
            var answer = await answering;
            (answer.Status, answer["error"], answer["code"])
                .ShouldBe((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable", "RSC1907"));
            answer.Response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
            (await host.RefreshAsync(token)).Status.ShouldBe(HttpStatusCode.OK);
        }
    }

    // Whoever is told of a commit and does not return keeps the writer busy, as a slow disk would.
    private static async Task<Task> HoldStoreAsync(AuthorityHost host, ManualResetEventSlim release)
    {
        using var entered = new SemaphoreSlim(0);
        var store = host.Get<SqliteStore>();
        var follow = store.Committed;
        store.Committed = commit =>
        {
            store.Committed = follow;
            var applied = follow?.Invoke(commit) ?? default;
            entered.Release();
            release.Wait(TimeSpan.FromSeconds(60), CancellationToken.None).ShouldBeTrue();
            return applied;
        };
        var holding = host.RevokeAsync(Match.Subject("holder"));
        await entered.WaitAsync(TestContext.Current.CancellationToken);
        return holding;
    }
}
