using System.Net.WebSockets;
using Microsoft.AspNetCore.SignalR.Client;

namespace Rescind.Benchmarks.Live;

/// <summary>One open connection: <see cref="Heard"/> when a word or its end arrives.</summary>
internal sealed class LiveClient : IAsyncDisposable
{
    private readonly TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HubConnection? _hub;
    private IDisposable? _other;

    /// <summary>Done at the first thing that the server says.</summary>
    public Task Heard => _heard.Task;

    public static async Task<LiveClient> OpenAsync(HttpClient http, string kind, string path, string token)
    {
        var client = new LiveClient();
        await (kind switch
        {
            "socket" => client.OpenSocketAsync(http.BaseAddress!, path, token),
            "hub" => client.OpenHubAsync(http.BaseAddress!, path, token),
            _ => client.OpenStreamAsync(http, path, token),
        });
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        _other?.Dispose();
        await (_hub?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private async Task OpenSocketAsync(Uri server, string path, string token)
    {
        var socket = new ClientWebSocket();
        _other = socket;
        socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
        await socket.ConnectAsync(new UriBuilder(new Uri(server, path)) { Scheme = "ws" }.Uri, CancellationToken.None);
        _ = HearAsync(async () => await socket.ReceiveAsync(new byte[64], CancellationToken.None));
    }

    private async Task OpenHubAsync(Uri server, string path, string token)
    {
        var hub = new HubConnectionBuilder()
            .WithUrl(new Uri(server, path), options =>
            {
                options.AccessTokenProvider = () => Task.FromResult<string?>(token);
                options.Transports = Microsoft.AspNetCore.Http.Connections.HttpTransportType.WebSockets;
                options.SkipNegotiation = true;
            })
            .Build();
        _hub = hub;
        hub.On<string>("Said", _ => _heard.TrySetResult());
        hub.Closed += _ =>
        {
            _heard.TrySetResult();
            return Task.CompletedTask;
        };
        await hub.StartAsync();
    }

    private async Task OpenStreamAsync(HttpClient http, string path, string token)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Authorization = new("Bearer", token) } };
        var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        _other = answer;
        var reader = new StreamReader(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is not "")
        {
        }

        _ = HearAsync(async () => await reader.ReadLineAsync());
    }

    private async Task HearAsync(Func<Task> next)
    {
        try
        {
            await next();
        }
        catch (Exception over) when (over is WebSocketException or IOException or HttpRequestException or ObjectDisposedException)
        {
            // Its end is heard, too.
        }

        _heard.TrySetResult();
    }
}
