using System.Net;
using System.Net.Sockets;

namespace Rescind.EndToEnd;

/// <summary>An Authority whose file descriptors would not do for all connections that somebody holds open.</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class NoDescriptors
{
    [Fact]
    public async Task It_serves_whoever_is_there_keeps_files_for_itself_and_goes_on_when_the_connections_are_gone()
    {
        await using var authority = AuthorityProcess.New();
        await authority.StartAgainAsync("prlimit", "--nofile=1024:1024");
        using var client = await authority.ConnectAsync();
        var (dead, alive) = (await client.StartSessionAsync("alice"), await client.StartSessionAsync("bob"));
        await client.RevokeAsync("session", dead.Id);

        var revoked = new List<string>();
        for (var round = 0; round < Counts.Of(200); round++)
        {
            var idle = await ConnectAsync(authority.Url, 1_200);
            await ShouldBeClosedAsync(idle[^1]);

            // Over the caller's own connection, which was there before.
            revoked.Add((string)(await client.RevokeAsync("subject", $"mallory-{round}"))["id"]!);
            idle.ForEach(static socket => socket.Dispose());
            await Readiness.WaitAsync(authority.Url, authority.Process, TimeSpan.FromSeconds(60));
        }

        await authority.KillAsync();
        await authority.StartAgainAsync();
        await client.LogInAsync();
        (await client.RefreshAsync(dead.RefreshToken)).Error.ShouldBe("invalid_grant");
        (await client.RefreshAsync(alive.RefreshToken)).Status.ShouldBe(HttpStatusCode.OK);
        foreach (var id in revoked)
        {
            (await client.KnowsAsync(id)).ShouldBeTrue(id);
        }
    }

    private static async Task<List<Socket>> ConnectAsync(Uri url, int count)
    {
        var sockets = new List<Socket>();
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            await socket.ConnectAsync(url.Host, url.Port);
        }

        return sockets;
    }

    private static async Task ShouldBeClosedAsync(Socket socket)
    {
        try
        {
            (await socket.ReceiveAsync(new byte[1]).WaitAsync(TimeSpan.FromSeconds(60))).ShouldBe(0);
        }
        catch (SocketException failure)
        {
            failure.SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
        }
    }
}
