using System.Net;
using System.Text.Json;
using Rescind.Authority.Revocations;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests;

/// <summary>The client against a real Authority and a real API.</summary>
public sealed class EndToEnd
{
    [Fact]
    public async Task A_token_that_is_taken_back_is_replaced_once_for_64_parallel_calls()
    {
        await using var authority = await RealAuthority.StartAsync();
        var store = new DurableTokens();
        await using var session = await LoginAsync(authority, store);
        using var http = Http(authority, session);
        (await http.GetStringAsync("/orders")).ShouldBe("your orders");

        await authority.Revocations.RevokeAsync(Match.Token(ClaimOf(store.Tokens!.AccessToken!, "jti")), "test");
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => http.GetAsync("/orders")));

        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK);
        authority.Refreshes.ShouldBe([200]);
        RealAuthority.GenerationOf(store.Tokens.RefreshToken).ShouldBe(2u);
    }

    [Fact]
    public async Task A_lost_refresh_answer_logs_nobody_out()
    {
        await using var authority = await RealAuthority.StartAsync();
        var store = new DurableTokens();
        await using var session = await LoginAsync(authority, store);
        using var http = Http(authority, session);
        authority.LoseNextAnswer();

        await authority.Revocations.RevokeAsync(Match.Token(ClaimOf(store.Tokens!.AccessToken!, "jti")), "test");
        (await http.GetStringAsync("/orders")).ShouldBe("your orders");

        authority.Refreshes.Count.ShouldBe(2);
        RealAuthority.GenerationOf(store.Tokens.RefreshToken).ShouldBe(2u);
    }

    [Fact]
    public async Task A_session_that_is_ended_says_by_which_act()
    {
        await using var authority = await RealAuthority.StartAsync();
        var store = new DurableTokens();
        await using var session = await LoginAsync(authority, store);
        using var http = Http(authority, session);

        var receipt = await authority.Revocations.RevokeAsync(
            Match.Session(ClaimOf(store.Tokens!.AccessToken!, "sid")), "laptop stolen");
        var ended = await Should.ThrowAsync<SessionEndedException>(http.GetAsync("/orders"));

        ended.End.ShouldBe(new("ended", $"rv_{receipt.Revocation.Position}"));
        store.Tokens.ShouldBeNull();
    }

    [Fact]
    public async Task A_logout_kills_the_tokens_that_were_given_out()
    {
        await using var authority = await RealAuthority.StartAsync();
        await using var session = await LoginAsync(authority, new DurableTokens());
        using var stolen = new HttpClient { BaseAddress = new(authority.Url) };
        stolen.DefaultRequestHeaders.Authorization = new("Bearer", await session.GetAccessTokenAsync());
        (await stolen.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await session.LogoutAsync()).ShouldBeTrue();

        (await stolen.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static async Task<RescindSession> LoginAsync(RealAuthority authority, ITokenStore store)
    {
        var login = await authority.LoginAsync();
        var session = new RescindSession(new()
        {
            Authority = authority.Url + "/auth", ClientId = "web", Origins = { authority.Url }, TokenStore = store,
        });
        await session.StartAsync(new()
        {
            AccessToken = login.AccessToken, RefreshToken = login.RefreshToken,
            ExpiresAt = DateTimeOffset.UtcNow.AddSeconds(login.ExpiresIn),
        });
        return session;
    }

    private static HttpClient Http(RealAuthority authority, RescindSession session) =>
        new(new RescindSessionHandler(session, new SocketsHttpHandler())) { BaseAddress = new(authority.Url) };

    private static string ClaimOf(string token, string name) =>
        JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1])).RootElement.GetProperty(name)
            .GetString()!;
}
