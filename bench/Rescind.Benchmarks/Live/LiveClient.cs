using System.Net.WebSockets;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace Rescind.Benchmarks.Live;

/// <summary>One open connection: <see cref="Heard"/> when a word or its end arrives.</summary>
internal sealed class LiveClient : IAsyncDisposable
{
    private readonly TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HubConnection? _hub;
    private IDisposable? _other;

    /// <summary>Done at the first thing that the server says.</summary>
    public Task Heard => _heard.Task;

    public static async Task<LiveClient> OpenAsync(HttpClient http, GrpcChannel grpc, string kind, bool isWatched, string token)
    {
        var client = new LiveClient();
        var address = new Uri(http.BaseAddress!, isWatched ? kind : "plain/" + kind);
        await (kind switch
        {
            "socket" => client.OpenSocketAsync(address, token),
            "hub-sockets" => client.OpenHubAsync(address, HttpTransportType.WebSockets, token),
            "hub-events" => client.OpenHubAsync(address, HttpTransportType.ServerSentEvents, token),
            "hub-polls" => client.OpenHubAsync(address, HttpTransportType.LongPolling, token),
            "hub-polls-told" => client.OpenHubAsync(address, HttpTransportType.LongPolling, token, new ToldProtocol(client.Hear)),
            "grpc" => client.OpenCallAsync(grpc, isWatched, token),
            _ => client.OpenEventsAsync(http, address, token),
        });
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        _other?.Dispose();
        await (_hub?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private async Task OpenSocketAsync(Uri address, string token)
    {
        var socket = new ClientWebSocket();
        _other = socket;
        socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
        await socket.ConnectAsync(new UriBuilder(address) { Scheme = "ws" }.Uri, CancellationToken.None);
        _ = HearAsync(async () => await socket.ReceiveAsync(new byte[64], CancellationToken.None));
    }

    private async Task OpenHubAsync(Uri address, HttpTransportType transport, string token, IHubProtocol? protocol = null)
    {
        var builder = new HubConnectionBuilder().WithUrl(address, options =>
        {
            options.AccessTokenProvider = () => Task.FromResult<string?>(token);
            options.Transports = transport;
            options.SkipNegotiation = transport is HttpTransportType.WebSockets;
        });
        builder.Services.AddSingleton(protocol ?? new JsonHubProtocol());
        var hub = builder.Build();
        _hub = hub;
        hub.On<string>("Said", _ => Hear());
        hub.Closed += _ =>
        {
            Hear();
            return Task.CompletedTask;
        };
        await hub.StartAsync();
    }

    private async Task OpenEventsAsync(HttpClient http, Uri address, string token)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Authorization = new("Bearer", token) } };
        var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        _other = answer;
        var reader = new StreamReader(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is not "")
        {
        }

        _ = HearAsync(async () => await reader.ReadLineAsync());
    }

    private async Task OpenCallAsync(GrpcChannel grpc, bool isWatched, string token)
    {
        var headers = new Metadata { { "authorization", "Bearer " + token } };
        var call = isWatched
            ? new Watched.WatchedClient(grpc).Listen(new(), headers)
            : new Plain.PlainClient(grpc).Listen(new(), headers);
        _other = call;
        await call.ResponseStream.MoveNext();
        _ = HearAsync(() => call.ResponseStream.MoveNext());
    }

    private async Task HearAsync(Func<Task> next)
    {
        try
        {
            await next();
        }
        catch (Exception over) when (over
            is WebSocketException or IOException or HttpRequestException or RpcException or ObjectDisposedException)
        {
            // Its end is heard, too.
        }

        Hear();
    }

    private void Hear() => _heard.TrySetResult();
}
