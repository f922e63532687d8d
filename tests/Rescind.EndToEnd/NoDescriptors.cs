using System.Net;
using System.Net.Sockets;

namespace Rescind.EndToEnd;

/// <summary>An Authority that has run out of file descriptors, because somebody holds many connections open.</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class NoDescriptors
{
    [Fact]
    public async Task It_goes_on_by_itself_when_the_connections_are_gone_and_has_lost_nothing()
    {
        await using var authority = AuthorityProcess.New();
        await authority.StartAgainAsync("prlimit", "--nofile=320:320");
        using var client = await authority.ConnectAsync();
        var (dead, alive) = (await client.StartSessionAsync("alice"), await client.StartSessionAsync("bob"));
        await client.RevokeAsync("session", dead.Id);

        var idle = new List<Socket>();
        for (var i = 0; i < 400; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            idle.Add(socket);
            await socket.ConnectAsync(authority.Url.Host, authority.Url.Port);
        }

        // The caller's own connection is there already: what it asks for is done, or refused and not done.
        var revoked = (string?)(await client.TryRevokeAsync("subject", "mallory"))["id"];
        idle.ForEach(static socket => socket.Dispose());

        await Readiness.WaitAsync(authority.Url, authority.Process, TimeSpan.FromSeconds(60));
        await client.LogInAsync();
        (await client.RefreshAsync(dead.RefreshToken)).Error.ShouldBe("invalid_grant");
        (await client.RefreshAsync(alive.RefreshToken)).Status.ShouldBe(HttpStatusCode.OK);
        if (revoked is not null)
        {
            (await client.KnowsAsync(revoked)).ShouldBeTrue();
        }
    }
}
