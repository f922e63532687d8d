using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Logouts;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Authority.Tests.Logouts;

/// <summary>An Authority that stops between an act and the last logout of it, and starts again on the same data.</summary>
public sealed class LogoutRestartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_an_act_ended_is_told_although_nobody_looked_before_the_stop()
    {
        await using var shop = await LogoutReceiver.StartAsync();
        IReadOnlyList<string> sessions;
        await using (var authority = await AuthorityHost.StartAsync(WithoutDelivery, _folder.Path))
        {
            await authority.AddToldClientAsync("shop", shop);
            sessions = await authority.StartAsync("shop", 5);
            await authority.RevokeAsync(Match.Subject("alice"));
        }

        await using var again = await AuthorityHost.StartAsync(data: _folder.Path);

        await Eventually.Async(() => again.IsDoneAsync("shop"));
        shop.Sessions.ShouldBe(sessions, ignoreOrder: true);
    }

    [Fact]
    public async Task What_a_client_did_not_take_before_the_stop_is_told_after_it_under_the_same_id()
    {
        await using var shop = await LogoutReceiver.StartAsync(HttpStatusCode.BadGateway);
        IReadOnlyList<string> sessions;
        await using (var authority = await AuthorityHost.StartAsync(data: _folder.Path))
        {
            await authority.AddToldClientAsync("shop", shop);
            sessions = await authority.StartAsync("shop", 5);
            await authority.RevokeAsync(Match.Subject("alice"));
            await Eventually.Async(() => shop.Told.Count > 0);
        }

        var before = shop.Told;
        shop.AnswerAlways(HttpStatusCode.OK);
        await using var again = await AuthorityHost.StartAsync(data: _folder.Path);

        await Eventually.Async(() => again.IsDoneAsync("shop"));
        var after = shop.Told.Skip(before.Count).ToList();
        after.Select(told => told.SessionId).ShouldBe(sessions, ignoreOrder: true);
        before.Select(told => told.Id).ShouldBeSubsetOf(after.Select(told => told.Id));
    }

    [Fact]
    public async Task An_answer_that_is_awaited_at_the_stop_costs_one_repetition_at_most()
    {
        await using var shop = await LogoutReceiver.StartAsync();
        shop.Answer = static (_, context) => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { });
        await using (var authority = await AuthorityHost.StartAsync(data: _folder.Path))
        {
            await authority.AddToldClientAsync("shop", shop);
            await authority.StartAsync("shop", 1);
            await authority.RevokeAsync(Match.Subject("alice"));
            await Eventually.Async(() => shop.Told.Count == 1);
        }

        shop.AnswerAlways(HttpStatusCode.OK);
        await using var again = await AuthorityHost.StartAsync(data: _folder.Path);

        await Eventually.Async(() => again.IsDoneAsync("shop"));
        shop.Told.Select(told => told.Id).Distinct().Count().ShouldBe(1);
        shop.Told.Count.ShouldBe(2);
    }

    // As after a kill between the act and whatever follows from it.
    private static void WithoutDelivery(IServiceCollection services) =>
        services.Remove(services.Single(service => service.ImplementationType == typeof(LogoutDelivery)));
}
