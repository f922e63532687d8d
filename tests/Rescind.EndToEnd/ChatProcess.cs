using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.SignalR.Client;
using Rescind.Conformance.Support;

namespace Rescind.EndToEnd;

/// <summary>
/// The sample <c>Chat</c> in its own process: a hub, a WebSocket and an event stream that end with their session.
/// </summary>
internal sealed class ChatProcess : IAsyncDisposable
{
    private readonly Child _child;
    private readonly HttpClient _http;

    private ChatProcess(Child child, Uri url)
    {
        _child = child;
        _http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(30) };
    }

    public Child Process => _child;

    public static async Task<ChatProcess> StartAsync(AuthorityProcess authority, AuthorityClient client)
    {
        var url = new Uri(FreeUrl.Next());
        string[] arguments = [Places.Chat, "--urls", url.ToString().TrimEnd('/'), "--contentRoot", Places.FolderOf("Chat")];
        var child = Child.Start("dotnet", arguments, new Dictionary<string, string>
        {
            ["Rescind__Authority"] = authority.Url.ToString().TrimEnd('/'),
            ["Rescind__Audience"] = "orders",
            ["Rescind__ClientId"] = client.ClientId,
            ["Rescind__ClientSecret"] = client.ClientSecret,
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            [Child.SmallHeap.Name] = Child.SmallHeap.Value,
        });
        await Readiness.WaitAsync(url, child, TimeSpan.FromSeconds(60));
        return new(child, url);
    }

    public Task<string> PageAsync() => _http.GetStringAsync("/");

    public async Task<HubConnection> ChatAsync(string accessToken)
    {
        var hub = new HubConnectionBuilder()
            .WithUrl(new Uri(_http.BaseAddress!, "chat"),
                options => options.AccessTokenProvider = () => Task.FromResult<string?>(accessToken))
            .WithAutomaticReconnect().WithServerTimeout(TimeSpan.FromMinutes(5)).Build();
        await hub.StartAsync();
        return hub;
    }

    /// <summary>What SignalR's client in a browser asks first, with its token where a browser has to put it.</summary>
    public async Task<HttpStatusCode> NegotiateAsync(string accessToken)
    {
        using var answer = await _http.PostAsync($"/chat/negotiate?negotiateVersion=1&access_token={accessToken}", null);
        return answer.StatusCode;
    }

    public Task<ClientWebSocket> TickerAsync(string accessToken) => Tickers.OpenAsync(_http.BaseAddress!, accessToken);

    public async Task<StreamReader> EventsAsync(string accessToken)
    {
        using var request =
            new HttpRequestMessage(HttpMethod.Get, "/events") { Headers = { Authorization = new("Bearer", accessToken) } };
        var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return new(await answer.Content.ReadAsStreamAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _child.DisposeAsync();
    }
}
