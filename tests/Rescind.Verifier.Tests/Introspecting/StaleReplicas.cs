using System.Net;
using Microsoft.AspNetCore.Http;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Introspecting;

/// <summary>A replica that is too old may ask instead of saying that it does not know; it never guesses (IN-8, T-57).</summary>
public sealed class StaleReplicas
{
    [Fact]
    public async Task What_the_authority_calls_active_passes_and_inactive_is_401()
    {
        await using var asking = await AskingApi.StartAsync(StaleAction.Introspect);
        var (good, dead) = (asking.Log.Mint(), asking.Log.Mint(new { jti = "token-2" }));
        asking.Authority.Inactive.Add(dead);
        await asking.BecomeStaleAsync();

        using var refused = await asking.Api.GetAsync(dead);

        refused.ShouldBeDead();
        (await asking.StatusAsync(good)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_fresh_replica_asks_nobody()
    {
        await using var asking = await AskingApi.StartAsync(StaleAction.Introspect);

        (await asking.StatusAsync(asking.Log.Mint())).ShouldBe(HttpStatusCode.OK);

        asking.Authority.Questions.ShouldBeEmpty();
    }

    [Fact]
    public async Task Unless_it_is_told_to_it_says_unknown()
    {
        await using var asking = await AskingApi.StartAsync(default);
        await asking.BecomeStaleAsync();

        using var answer = await asking.Api.GetAsync(asking.Log.Mint());

        answer.ShouldBeUnknown();
        asking.Authority.Questions.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_route_decides_for_itself()
    {
        await using var rejecting = await AskingApi.StartAsync(StaleAction.Reject);
        await using var asking = await AskingApi.StartAsync(StaleAction.Introspect);
        await rejecting.BecomeStaleAsync();
        await asking.BecomeStaleAsync();

        (await rejecting.StatusAsync(rejecting.Log.Mint(), "/eager")).ShouldBe(HttpStatusCode.OK);
        (await asking.StatusAsync(asking.Log.Mint(), "/patient")).ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(401)]
    public async Task An_authority_that_answers_neither_is_503(int status)
    {
        await using var asking = await AskingApi.StartAsync(StaleAction.Introspect);
        await asking.BecomeStaleAsync();
        asking.Authority.InsteadOfIntrospection = context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };

        using var answer = await asking.Api.GetAsync(asking.Log.Mint());

        answer.ShouldBeUnknown();
    }

    [Fact]
    public async Task What_is_known_to_be_dead_is_401_without_asking()
    {
        await using var asking = await AskingApi.StartAsync(StaleAction.Introspect);
        var position = asking.Log.End(Match.Token("token-1"));
        await Eventually.Async(() => asking.Api.Status.Position >= position);
        await asking.BecomeStaleAsync();

        using var dead = await asking.Api.GetAsync(asking.Log.Mint());
        using var forged = await asking.Api.GetAsync(asking.Log.Mint()[..^8] + "AAAAAAAA");

        dead.ShouldBeDead();
        forged.ShouldBeDead();
        asking.Authority.Questions.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_token_of_another_issuer_is_503_because_the_authority_cannot_speak_for_it()
    {
        var log = new FakeLog();
        Foreign.Register(log);
        await using var asking = await AskingApi.StartAsync(StaleAction.Introspect, log);
        (await asking.StatusAsync(Foreign.Mint(log), "/foreign")).ShouldBe(HttpStatusCode.OK);
        await asking.BecomeStaleAsync();

        using var answer = await asking.Api.GetAsync(Foreign.Mint(log), "/foreign");

        answer.ShouldBeUnknown();
        asking.Authority.Questions.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_real_authority_speaks_for_its_tokens_while_its_feed_cannot_be_followed()
    {
        await using var app = await EmbeddedApp.StartAsync("/auth");
        await using var api = await RealAuthority.AskedByAsync(app);
        var good = (string)(await app.LogInAsync("alice"))["access_token"]!;
        var dead = (string)(await app.LogInAsync("bob"))["access_token"]!;
        app.IsFeedCut = true;
        await Eventually.Async(() => !api.Status.IsFresh);
        using var logout = await app.SendAsync(HttpMethod.Post, "/logout-without-waiting", dead);

        using var refused = await api.GetAsync(dead);

        refused.ShouldBeDead();
        (await api.StatusAsync(good)).ShouldBe(HttpStatusCode.OK);
    }
}
