using System.Net;

namespace Rescind.EndToEnd;

/// <summary>
/// A disk that is really full, under a running Authority: nothing is acknowledged that is not kept, and it goes on by itself.
/// </summary>
[Collection(Child.OneSystemAtATime)]
public sealed class FullDisk
{
    private static readonly byte[] Block = new byte[4096];

    [Fact]
    public async Task Changes_are_refused_while_the_disk_is_full_and_go_on_without_a_restart()
    {
        await using var authority = AuthorityProcess.New();
        await authority.StartAgainAsync(PrivateMount.OfSmallDisk(authority.Data));
        using var client = await authority.ConnectAsync();
        await using var orders = await OrdersProcess.StartAsync(authority, client);
        var (alive, dead) = (await client.StartSessionAsync("alice"), await client.StartSessionAsync("bob"));
        await client.RevokeAsync("session", dead.Id, waitSeconds: 5);

        var acknowledged = await FillAsync(authority, client);
        var refused = await client.TryRevokeAsync("session", alive.Id);
        var refresh = await client.RefreshAsync(alive.RefreshToken);
        var whileFull = (await orders.StatusAsync(alive.AccessToken), await orders.StatusAsync(dead.AccessToken));
        File.Delete(Filling(authority));

        ((string?)refused["code"]).ShouldBe("RSC1901");
        (refresh.Status, refresh.Error).ShouldBe((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable"));
        whileFull.ShouldBe((HttpStatusCode.OK, HttpStatusCode.Unauthorized));
        authority.Output.ShouldContain("RSC1010");
        (await client.RefreshAsync(alive.RefreshToken)).Status.ShouldBe(HttpStatusCode.OK);
        acknowledged.Add((string)(await client.RevokeAsync("session", alive.Id, waitSeconds: 5))["id"]!);
        (await orders.StatusAsync(alive.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
        await EverythingStandsAfterKillAsync(authority, acknowledged);
    }

    [Fact]
    public async Task However_often_the_disk_is_full_and_has_room_again_nothing_acknowledged_is_lost()
    {
        await using var authority = AuthorityProcess.New();
        await authority.StartAgainAsync(PrivateMount.OfSmallDisk(authority.Data));
        using var client = await authority.ConnectAsync();

        var acknowledged = new List<string>();
        for (var round = 0; round < Counts.Of(200); round++)
        {
            acknowledged.AddRange(await FillAsync(authority, client));
            File.Delete(Filling(authority));
            acknowledged.Add((string)(await client.RevokeAsync("subject", $"nobody-{round}"))["id"]!);
        }

        await EverythingStandsAfterKillAsync(authority, acknowledged);
    }

    private static string Filling(AuthorityProcess authority) => Path.Combine(authority.VisibleData, "filling");

    // The write-ahead log has a little room of its own: revoke until that is gone too.
    private static async Task<List<string>> FillAsync(AuthorityProcess authority, AuthorityClient client)
    {
        await using var filling = new FileStream(
            Filling(authority), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                filling.Write(Block);
            }
        }
        catch (IOException)
        {
            // Full.
        }

        var acknowledged = new List<string>();
        for (var i = 0; i < 5_000; i++)
        {
            var answer = await client.TryRevokeAsync("subject", $"somebody-{i}");
            if ((string?)answer["id"] is not { } id)
            {
                ((string?)answer["code"]).ShouldBe("RSC1901", answer.ToString());
                return acknowledged;
            }

            acknowledged.Add(id);
        }

        throw new InvalidOperationException("The disk never became full.");
    }

    // The mount goes with its process: the next one starts on what a kill would leave there.
    private static async Task EverythingStandsAfterKillAsync(AuthorityProcess authority, List<string> acknowledged)
    {
        await authority.KillIntoAsync(authority.Data);
        await authority.StartAgainAsync();
        using var client = await authority.ConnectAsync();
        foreach (var id in acknowledged)
        {
            (await client.KnowsAsync(id)).ShouldBeTrue(id);
        }
    }
}
