using System.Net.WebSockets;
using System.Security.Claims;
using System.Text;
using Microsoft.Extensions.FileProviders;
using Rescind.Authority.Sessions;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddRescindAuthority().UseSqlite("rescind.db");
builder.Services.AddAuthentication().AddRescind();
builder.Services.AddAuthorization();

var app = builder.Build();
app.UseDefaultFiles().UseStaticFiles();
var client = new DirectoryInfo(Path.Combine(app.Environment.ContentRootPath, "../../clients/browser/dist"));
if (client.Exists)
{
    app.UseStaticFiles(
        new StaticFileOptions { RequestPath = "/rescind", FileProvider = new PhysicalFileProvider(client.FullName) });
}

app.UseWebSockets();
app.MapRescind("/auth");

// The refresh token goes into a cookie that no script reads; the page gets an access token for its memory.
app.MapPost("/login", async (Login login, HttpContext context, ISessions sessions) =>
    login is { User: "alice", Password: "wonderland" }
        ? Results.Ok(context.KeepInCookie(await sessions.StartAsync(login.User)))
        : Results.Unauthorized());

app.MapGet("/orders", (ClaimsPrincipal user) => new[] { $"a rabbit hole for {user.Subject}" }).RequireAuthorization();

// A page cannot set a header on a WebSocket: its first message is the token, and the socket ends with its session.
app.Map("/ticker", Ticker.StreamAsync).TakeTokenFromFirstMessage();
app.Map("/chat", new Room().JoinAsync).TakeTokenFromFirstMessage();

app.Run();

internal sealed record Login(string User, string Password);

internal static class Ticker
{
    /// <summary>
    /// Sends a number every tenth of a second, and reads: new tokens and the close are among what the client sends.
    /// </summary>
    public static async Task StreamAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var sending = SendAsync(socket, context.RequestAborted);
        var buffer = new byte[1024];
        while ((await socket.ReceiveAsync(buffer, context.RequestAborted)).MessageType is not WebSocketMessageType.Close)
        {
        }

        await sending;
    }

    private static async Task SendAsync(WebSocket socket, CancellationToken ended)
    {
        try
        {
            for (var tick = 1; socket.State is WebSocketState.Open; tick++)
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes($"{tick}"), WebSocketMessageType.Text, endOfMessage: true, ended);
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, ended);
            }
        }
        catch (WebSocketException)
        {
            // The connection is over.
        }
    }
}
