using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.SignalR.Client;

namespace Rescind.EndToEnd;

/// <summary>The sample <c>Chat</c> in its own process: a hub, a WebSocket and an event stream that end with their session.</summary>
internal sealed class ChatProcess : IAsyncDisposable
{
    private readonly Child _child;
    private readonly HttpClient _http;

    private ChatProcess(Child child, Uri url)
    {
        _child = child;
        _http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(30) };
    }

    public static async Task<ChatProcess> StartAsync(AuthorityProcess authority, AuthorityClient client)
    {
        var url = Places.FreeUrl();
        string[] arguments = [Places.Chat, "--urls", url.ToString().TrimEnd('/'), "--contentRoot", Places.FolderOf("Chat")];
        var child = Child.Start("dotnet", arguments, new Dictionary<string, string>
        {
            ["Rescind__Authority"] = authority.Url.ToString().TrimEnd('/'),
            ["Rescind__Audience"] = "orders",
            ["Rescind__ClientId"] = client.ClientId,
            ["Rescind__ClientSecret"] = client.ClientSecret,
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
        });
        await Readiness.WaitAsync(url, child, TimeSpan.FromSeconds(60));
        return new(child, url);
    }

    public Task<string> PageAsync() => _http.GetStringAsync("/");

    public async Task<HubConnection> ChatAsync(string accessToken)
    {
        var hub = new HubConnectionBuilder()
            .WithUrl(new Uri(_http.BaseAddress!, "chat"), options => options.AccessTokenProvider = () => Task.FromResult<string?>(accessToken))
            .WithAutomaticReconnect().Build();
        await hub.StartAsync();
        return hub;
    }

    public async Task<ClientWebSocket> TickerAsync(string accessToken)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer " + accessToken);
        await socket.ConnectAsync(new UriBuilder(_http.BaseAddress!) { Scheme = "ws", Path = "/ticker" }.Uri, default);
        return socket;
    }

    public async Task<StreamReader> EventsAsync(string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/events") { Headers = { Authorization = new("Bearer", accessToken) } };
        var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return new(await answer.Content.ReadAsStreamAsync());
    }

    /// <summary>The next text message, or the code and the reason of the close.</summary>
    public static async Task<string> HearAsync(ClientWebSocket socket)
    {
        var buffer = new byte[1024];
        var part = await socket.ReceiveAsync(buffer, default).WaitAsync(TimeSpan.FromSeconds(30));
        return part.MessageType is WebSocketMessageType.Close
            ? $"{(int)socket.CloseStatus!} {socket.CloseStatusDescription}"
            : Encoding.UTF8.GetString(buffer, 0, part.Count);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _child.DisposeAsync();
    }
}
