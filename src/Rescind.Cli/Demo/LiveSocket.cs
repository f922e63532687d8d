using System.Net.WebSockets;

namespace Rescind.Cli.Demo;

/// <summary>A device's WebSocket to an API: opened once, with the token of then.</summary>
internal sealed class LiveSocket(TimeProvider time, CancellationToken cancellation) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[256];

    public Task OpenAsync(Uri api, LoggedIn device)
    {
        _socket.Options.SetRequestHeader("Authorization", "Bearer " + device.AccessToken);
        return _socket.ConnectAsync(new UriBuilder(api) { Scheme = "ws", Path = "/live" }.Uri, cancellation);
    }

    /// <summary>Hears one word, or throws because it was closed.</summary>
    public async Task HearAsync() =>
        Calls.True(await ReceiveAsync() is WebSocketMessageType.Text, $"closed: {CloseReason}");

    /// <summary>Listens until it is closed; what the API says of that.</summary>
    public async Task<string> UntilClosedAsync()
    {
        while (await ReceiveAsync() is not WebSocketMessageType.Close)
        {
        }

        return CloseReason;
    }

    public void Dispose() => _socket.Dispose();

    private string CloseReason =>
        string.Create(CultureInfo.InvariantCulture, $"{(int?)_socket.CloseStatus} {_socket.CloseStatusDescription}");

    private async Task<WebSocketMessageType> ReceiveAsync()
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            return (await _socket.ReceiveAsync(_buffer, either.Token)).MessageType;
        }
        catch (WebSocketException e)
        {
            throw new DemoFailedException(e.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new DemoFailedException("nothing came");
        }
    }
}
