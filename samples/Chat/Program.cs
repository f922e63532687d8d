using System.Net.ServerSentEvents;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.SignalR;

var builder = WebApplication.CreateBuilder(args);
// It would log the tokens of hubs: they are in the URL.
builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);
builder.Services.AddAuthentication().AddRescind();
builder.Services.AddAuthorization();
builder.Services.AddSignalR();
builder.Services.AddHealthChecks().AddRescind();

var app = builder.Build();
app.UseDefaultFiles();
app.UseStaticFiles();
app.UseWebSockets();
app.MapHub<ChatHub>("/chat").RequireAuthorization().CloseOnRevocation();
app.Map("/ticker", Ticker.StreamAsync).RequireAuthorization().CloseOnRevocation();
app.MapGet("/events",
    (ClaimsPrincipal user, CancellationToken stopped) => TypedResults.ServerSentEvents(Events.Of(user, stopped)))
    .RequireAuthorization().CloseOnRevocation();
app.MapHealthChecks("/health/ready");
app.Run();

internal sealed class ChatHub : Hub
{
    public Task Say(string text) => Clients.All.SendAsync("Said", Context.User!.Subject, text);
}

internal static class Ticker
{
    /// <summary>Sends a price each second, and reads: new tokens and the close are among what the client sends.</summary>
    public static async Task StreamAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var sending = SendAsync(socket, ended.Token);
        var buffer = new byte[1024];
        while ((await socket.ReceiveAsync(buffer, context.RequestAborted)).MessageType is not WebSocketMessageType.Close)
        {
        }

        await ended.CancelAsync();
        await sending;
    }

    private static async Task SendAsync(WebSocket socket, CancellationToken ended)
    {
        try
        {
            for (var price = 100; ; price++)
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes($"{price}"), WebSocketMessageType.Text, endOfMessage: true, ended);
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, ended);
            }
        }
        catch (Exception over) when (over is WebSocketException or OperationCanceledException)
        {
            // The client has gone, or its token has.
        }
    }
}

internal static class Events
{
    public static async IAsyncEnumerable<SseItem<string>> Of(
        ClaimsPrincipal user, [EnumeratorCancellation] CancellationToken stopped)
    {
        for (var number = 1; ; number++)
        {
            yield return new($"event {number} for {user.Subject}", "news");
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, stopped);
        }
    }
}
