using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Rescind.EndToEnd;

/// <summary>
/// Connections of strangers that say nothing, half of a request, or nothing more: each costs little, and they hold up nobody.
/// </summary>
[Collection(Child.OneSystemAtATime)]
public sealed partial class IdleConnections(ITestOutputHelper output)
{
    private const int Most = 10_000;
    private const int MostKiBOfOne = 32;
    private const int DescriptorsForTheRest = 1_000;
    private const int Refreshes = 100;

    // Nothing, a head that does not end, and a request that was answered.
    private static readonly byte[][] Words =
        [
            [], "POST /token HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "u8.ToArray(),
            "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray(),
        ];

    [Fact]
    public async Task Whoever_has_a_session_refreshes_it_and_what_the_others_held_is_given_back()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        var refreshToken = (await client.StartSessionAsync("alice")).RefreshToken;
        Close(await OpenAsync(authority.Url, 100));
        var before = await Footprint.OfAsync(authority.Process, looks: 5);
        var count = Math.Min(Counts.Of(Most), Descriptors() - DescriptorsForTheRest);

        var idle = await OpenAsync(authority.Url, count);
        for (var i = 0; i < Refreshes; i++)
        {
            var refreshed = await client.RefreshAsync(refreshToken);
            refreshed.Status.ShouldBe(HttpStatusCode.OK);
            refreshToken = refreshed.RefreshToken!;
        }

        var held = await Footprint.OfAsync(authority.Process, looks: 5);
        var ofOne = (held.KiB - before.KiB) / (double)count;
        output.WriteLine($"{count} connections, {ofOne:0.0} KiB each: {before}, then {held}");
        ofOne.ShouldBeLessThan(MostKiBOfOne);
        Close(idle);
        await UntilAsync(async () => (await Footprint.OfAsync(authority.Process, looks: 1)).Handles <= before.Handles + 10);
        using var another = await authority.ConnectAsync();
        (await another.RefreshAsync(refreshToken)).Status.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<List<Socket>> OpenAsync(Uri url, int count)
    {
        var idle = new List<Socket>(count);
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            idle.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, url.Port);
            await socket.SendAsync(Words[i % Words.Length]);
        }

        return idle;
    }

    private static void Close(List<Socket> sockets) => sockets.ForEach(static socket => socket.Dispose());

    // The Authority inherits the limit of this process.
    private static int Descriptors()
    {
        var limits = File.ReadAllText("/proc/self/limits");
        return int.Parse(OpenFiles().Match(limits).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            await Task.Delay(100, patience.Token);
        }
    }

    [GeneratedRegex(@"Max open files +\d+ +(\d+)")]
    private static partial Regex OpenFiles();
}
