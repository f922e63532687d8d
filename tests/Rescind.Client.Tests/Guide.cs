using System.Net;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests;

/// <summary>The code of docs/guide/dotnet-client.md, line by line, against a real Authority.</summary>
public sealed class Guide
{
    [Fact]
    public async Task The_guide_works()
    {
        await using var server = await RealAuthority.StartAsync();
        var (orders, authority) = (server.Url, server.Url + "/auth");
        var login = await server.LoginAsync();
        var (accessToken, refreshToken) = (login.AccessToken, login.RefreshToken);
        var (askedAt, expiresIn) = (DateTimeOffset.UtcNow, TimeSpan.FromSeconds(login.ExpiresIn));

        var services = new ServiceCollection();
        services.AddHttpClient("orders", http => http.BaseAddress = new(orders)).AddRescindSession(session =>
        {
            session.Authority = authority;          // https://auth.example.com
            session.ClientId = "web";
            session.Origins.Add(orders);            // the token goes to these origins, and nowhere else
        });
        await using var provider = services.BuildServiceProvider();

        // Once, after the login of your application:
        var session = provider.GetRequiredService<RescindSession>();
        session.Ended += (_, ended) => Console.WriteLine($"Please log in again: {ended.End.Reason}, {ended.End.Explanation}");
        await session.StartAsync(
            new() { AccessToken = accessToken, RefreshToken = refreshToken, ExpiresAt = askedAt + expiresIn });

        // From then on:
        var http = provider.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        var answer = await http.GetStringAsync("/orders");

        // At the end: forgotten here even without a network, and ended at the Authority.
        await session.LogoutAsync();

        answer.ShouldBe("your orders");
    }

    [Fact]
    public async Task The_guide_works_with_a_resilience_handler()
    {
        await using var server = await RealAuthority.StartAsync();
        var (orders, authority) = (server.Url, server.Url + "/auth");
        var login = await server.LoginAsync();
        var services = new ServiceCollection();
        services.AddRescindSession(session =>
        {
            (session.Authority, session.ClientId) = (authority, "web");
            session.Origins.Add(orders);
        });

        var client = services.AddHttpClient("orders", http => http.BaseAddress = new(orders));
        client.AddStandardResilienceHandler();      // Microsoft.Extensions.Http.Resilience
        client.AddRescindSession();

        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<RescindSession>().StartAsync(new() { RefreshToken = login.RefreshToken });
        using var http = provider.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        (await http.GetStringAsync("/orders")).ShouldBe("your orders");
    }

    [Fact]
    public async Task The_guide_works_without_a_container()
    {
        await using var server = await RealAuthority.StartAsync();
        var (orders, authority) = (server.Url, server.Url + "/auth");
        var login = await server.LoginAsync();

        await using var session = new RescindSession(new() { Authority = authority, ClientId = "web", Origins = { orders } });
        using var http =
            new HttpClient(new RescindSessionHandler(session, new SocketsHttpHandler())) { BaseAddress = new(orders) };
        await session.StartAsync(new() { RefreshToken = login.RefreshToken });

        (await http.GetStringAsync("/orders")).ShouldBe("your orders");
    }

    [Fact]
    public async Task The_guide_works_for_a_hub_connection_that_connects_with_another_token_once_it_was_refused()
    {
        await using var world = await World.StartAsync();
        var (session, url) = (world.Session, world.Server.Url + "/hub");
        world.Server.RefusedUpTo = 1;

        string? given = null;
        var hub = new HubConnectionBuilder().WithUrl(url, options =>
        {
            options.AccessTokenProvider = async () => given = await session.GetAccessTokenAsync();
            // It hears of a 401 and tells the session.
            options.HttpMessageHandlerFactory = inner => new RescindSessionHandler(session, inner);
        }).WithAutomaticReconnect().Build();
        hub.On<int>(
            "RenewToken", async _ => await hub.InvokeAsync("Renew", given = await session.GetAccessTokenAsync(except: given)));

        (await Should.ThrowAsync<HttpRequestException>(hub.StartAsync())).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        await Should.ThrowAsync<InvalidDataException>(hub.StartAsync(), "The scripted server lets it in, and is no hub.");
        await hub.DisposeAsync();

        world.Server.Calls.ShouldBe(["Bearer at.1", "Bearer at.2"]);
    }
}
