using System.Net;
using Microsoft.AspNetCore.Identity;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Sessions;
using Rescind.Client;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>From a change of a user to an API over HTTP, and back to whoever calls it.</summary>
public sealed class EndToEnd
{
    [Fact]
    public async Task A_new_role_works_at_the_next_call_and_nobody_logs_in_again()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        await AddRoleAsync(shop);
        var login = await shop.LoginAsync();
        await using var session = await HoldAsync(shop, login);
        using var http =
            new HttpClient(new RescindSessionHandler(session, new SocketsHttpHandler())) { BaseAddress = new(shop.Url) };
        (await http.GetAsync("/admin")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        await shop.ChangeAsync((users, alice) => users.AddToRoleAsync(alice, "admin"));
        await shop.RefusesAsync(login);

        (await http.GetAsync("/admin")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_role_that_is_taken_away_is_gone_at_the_next_call_and_nobody_is_logged_out()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        await AddRoleAsync(shop);
        await shop.ChangeAsync((users, alice) => users.AddToRoleAsync(alice, "admin"));
        var login = await shop.LoginAsync();
        await using var session = await HoldAsync(shop, login);
        using var http =
            new HttpClient(new RescindSessionHandler(session, new SocketsHttpHandler())) { BaseAddress = new(shop.Url) };
        (await http.GetAsync("/admin")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await shop.ChangeAsync((users, alice) => users.RemoveFromRoleAsync(alice, "admin"));
        await shop.RefusesAsync(login);

        (await http.GetAsync("/admin")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await http.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_password_change_ends_every_other_device_and_keeps_the_one_that_made_it()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        var (laptop, phone, tablet) = (await shop.LoginAsync(), await shop.LoginAsync(), await shop.LoginAsync());

        (await PostAsync(shop, "/password", laptop)).ShouldBe(HttpStatusCode.NoContent);

        await shop.RefusesAsync(phone);
        await shop.RefusesAsync(tablet);
        (await shop.CanRefreshAsync(phone)).ShouldBeFalse();
        (await shop.GetAsync("/orders", laptop)).ShouldBe(HttpStatusCode.OK);
        (await shop.CanRefreshAsync(laptop)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_password_reset_ends_the_device_that_made_it_too()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        var laptop = await shop.LoginAsync();

        (await PostAsync(shop, "/reset", laptop)).ShouldBe(HttpStatusCode.NoContent);

        await shop.RefusesAsync(laptop);
        (await shop.CanRefreshAsync(laptop)).ShouldBeFalse();
    }

    private static Task<IdentityResult> AddRoleAsync(Shop shop) => shop.InScopeAsync(scope =>
        ((RoleManager<IdentityRole>)scope.GetService(typeof(RoleManager<IdentityRole>))!).CreateAsync(new("admin")));

    private static async Task<RescindSession> HoldAsync(Shop shop, StartedSession login)
    {
        var session = new RescindSession(new() { Authority = shop.Url + "/auth", ClientId = "web", Origins = { shop.Url } });
        await session.StartAsync(new()
        {
            AccessToken = login.AccessToken, RefreshToken = login.RefreshToken,
            ExpiresAt = DateTimeOffset.UtcNow.AddSeconds(login.ExpiresIn),
        });
        return session;
    }

    private static async Task<HttpStatusCode> PostAsync(Shop shop, string path, StartedSession session)
    {
        using var request =
            new HttpRequestMessage(HttpMethod.Post, path) { Headers = { Authorization = new("Bearer", session.AccessToken) } };
        using var answer = await shop.Http.SendAsync(request);
        return answer.StatusCode;
    }
}
