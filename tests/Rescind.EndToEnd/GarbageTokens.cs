using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Rescind.EndToEnd;

/// <summary>
/// Floods of what is no token, each text another one: whoever has a session refreshes it, and nothing of the garbage is kept.
/// </summary>
[Collection(Child.OneSystemAtATime)]
public sealed class GarbageTokens(ITestOutputHelper output)
{
    private const int Flood = 40_000;
    private const int Callers = 8;
    private const int Length = 11_000;
    private const long RoomKiB = 32 * 1024;

    // In every piece of garbage, and nowhere else.
    private const string Marker = "9arbageM4rker";

    private int _next;

    [Fact]
    public async Task Nothing_of_it_is_kept_or_logged_and_refreshes_go_on()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        var session = await client.StartSessionAsync("alice");
        var refreshToken = session.RefreshToken;
        await FloodAsync(authority.Url, session.AccessToken, Callers * 20);
        var before = await Footprint.OfAsync(authority.Process, looks: 5);
        var said = authority.Output.Split('\n').Length;

        var flood = FloodAsync(authority.Url, session.AccessToken, Counts.Of(Flood));
        do
        {
            var refreshed = await client.RefreshAsync(refreshToken);
            refreshed.Status.ShouldBe(HttpStatusCode.OK);
            refreshToken = refreshed.RefreshToken!;
        }
        while (!flood.IsCompleted);
        await flood;

        var after = await Footprint.OfAsync(authority.Process, looks: 5);
        output.WriteLine($"{before}, then {after}");
        (after.KiB - before.KiB).ShouldBeLessThan(RoomKiB);
        authority.Output.ShouldNotContain(Marker);
        authority.Output.Split('\n').Length.ShouldBeLessThan(said + 50);
        await authority.StopAsync();
        foreach (var file in Directory.EnumerateFiles(authority.Data, "*", SearchOption.AllDirectories))
        {
            Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)).ShouldNotContain(Marker, Case.Sensitive, file);
        }
    }

    private Task FloodAsync(Uri authority, string genuine, int count) =>
        Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = authority };
            for (var i = caller; i < count; i += Callers)
            {
                using var request = Request(i % 9, Garbage(i / 9 % 6, genuine));
                using var answer = await http.SendAsync(request);
                ((int)answer.StatusCode).ShouldBeInRange(200, 499, $"{request.Method} {request.RequestUri}");
            }
        }));

    private string Garbage(int kind, string genuine)
    {
        var marked = $"{Marker}-{Interlocked.Increment(ref _next)}-";
        var parts = genuine.Split('.');
        return kind switch
        {
            0 => marked + new string('x', Length),
            1 => $"{Base64("{\"alg\":\"none\"}")}.{Base64($"{{\"sub\":\"{marked}{new string('x', Length / 2)}\"}}")}.",
            2 => $"{parts[0]}.{parts[1]}." + $"{new string('A', 42)}{marked}{new string('A', 86)}"[..86],
            3 => $"{Base64($"{{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"{marked}\"}}")}.{parts[1]}.{parts[2]}",
            4 => $"rt_{marked}{new string('A', 70)}"[..75],
            _ => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(marked)) + marked,
        };
    }

    private static HttpRequestMessage Request(int kind, string garbage) => kind switch
    {
        0 => Form("/introspect", $"token={garbage}&client_id={garbage}&client_secret=x"),
        1 => Form("/introspect", $"token={garbage}", new("Bearer", garbage)),
        2 => Form("/revoke", $"client_id=web&token={garbage}&token_type_hint={garbage}"),
        3 => Form("/token", $"grant_type=refresh_token&client_id=web&refresh_token={garbage}"),
        4 => Form("/token", $"grant_type=client_credentials&client_id=admin&client_secret={garbage}"),
        5 => Form("/backchannel-logout", $"logout_token={garbage}"),
        6 => new(HttpMethod.Post, "/browser/refresh")
        {
            Headers = { { "Cookie", $"rescind={garbage}" }, { "Sec-Fetch-Site", "same-origin" } },
        },
        7 => new(HttpMethod.Get, "/me/sessions") { Headers = { Authorization = new("Bearer", garbage) } },
        _ => new(HttpMethod.Get, "/v1/feed?after=0&epoch=x") { Headers = { Authorization = new("Bearer", garbage) } },
    };

    private static HttpRequestMessage Form(string path, string form, AuthenticationHeaderValue? caller = null) =>
        new(HttpMethod.Post, path)
    {
        Headers = { Authorization = caller },
        Content = new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded"),
    };

    private static string Base64(string text) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
