using System.Net;

namespace Rescind.EndToEnd;

/// <summary>
/// A backup is made while the Authority runs and restored when it is stopped; and a copy of the whole data folder is
/// put back, which no start can notice: then the verifiers do, and the Authority says so.
/// </summary>
[Collection(Child.OneSystemAtATime)]
public sealed class BackedUp
{
    [Fact]
    public async Task A_restored_backup_gives_back_nothing_that_was_revoked_since()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        var client = await authority.ConnectAsync();
        await using var orders = await OrdersProcess.StartAsync(authority, client);
        var (alice, bob) = (await client.StartSessionAsync("alice"), await client.StartSessionAsync("bob"));
        var epoch = await client.EpochAsync();
        var backup = Path.Combine(authority.Data, "..", "backup.db");
        await AuthorityProcess.RunAsync("backup", backup, "--data", authority.Data, "--authority", authority.Url.ToString());
        await client.RevokeAsync("session", alice.Id, waitSeconds: 5);
        var carol = await client.StartSessionAsync("carol");
        await authority.KillAsync();

        var said = await AuthorityProcess.RunAsync("restore", backup, "--data", authority.Data, "--replace");
        await authority.StartAgainAsync();

        said.ShouldContain("Every session is ended");
        authority.Output.ShouldContain("a new epoch");
        client = await authority.ConnectAsync();
        (await client.EpochAsync()).ShouldNotBe(epoch);
        foreach (var session in new[] { alice, bob, carol })
        {
            (await client.RefreshAsync(session.RefreshToken)).Error.ShouldBe("invalid_grant");
            (await client.IsActiveAsync(session.AccessToken)).ShouldBeFalse();
        }

        var dave = await client.StartSessionAsync("dave");
        await UntilAsync(async () => await orders.StatusAsync(dave.AccessToken) == HttpStatusCode.OK, () => orders.Output);
        foreach (var session in new[] { alice, bob, carol })
        {
            (await orders.StatusAsync(session.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task A_machine_that_was_lost_with_its_master_key_is_replaced_by_another()
    {
        await using var lost = await AuthorityProcess.StartAsync();
        var client = await lost.ConnectAsync();
        var alice = await client.StartSessionAsync("alice");
        var backup = Path.Combine(lost.Data, "..", "backup.db");
        await AuthorityProcess.RunAsync("backup", backup, "--data", lost.Data, "--authority", lost.Url.ToString());
        await lost.StopAsync();
        var kept = Path.Combine(lost.Data, "..", "admin.json");
        File.Move(Path.Combine(lost.Data, "admin.json"), kept);
        Directory.Delete(lost.Data, recursive: true);

        (await AuthorityProcess.RunAsync("restore", backup, "--data", lost.Data)).ShouldContain("There was no master key");
        File.Move(kept, Path.Combine(lost.Data, "admin.json"));
        await lost.StartAgainAsync();

        client = await lost.ConnectAsync();
        (await client.RefreshAsync(alice.RefreshToken)).Error.ShouldBe("invalid_grant");
        var bob = await client.StartSessionAsync("bob");
        (await client.RefreshAsync(bob.RefreshToken)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_folder_that_was_put_back_whole_is_noticed_by_the_verifiers_and_the_Authority_says_so()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        var client = await authority.ConnectAsync();
        var alice = await client.StartSessionAsync("alice");
        await authority.StopAsync();
        var copy = Path.Combine(Places.NewFolder(), "copy");
        await CopyAsync(authority.Data, copy);
        await authority.StartAgainAsync();
        await client.LogInAsync();
        await using var orders = await OrdersProcess.StartAsync(authority, client);
        await client.RevokeAsync("session", alice.Id, waitSeconds: 5);
        (await orders.StatusAsync(alice.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
        await authority.KillAsync();

        Directory.Delete(authority.Data, recursive: true);
        await CopyAsync(copy, authority.Data);
        await authority.StartAgainAsync();

        await UntilAsync(
            () => Task.FromResult(authority.Output.Contains("RSC2207", StringComparison.Ordinal)), () => authority.Output);
        authority.Output.ShouldContain("rescind restore");
        (await HealthAsync(authority)).ShouldContain("RSC2207");
        await client.LogInAsync();
        (await client.AuditedAsync("feed.conflict")).ShouldContain("was an older copy of the data put back?");
        (await orders.StatusAsync(alice.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);

        await authority.StopAsync();
        await AuthorityProcess.RunAsync(
            "restore", Path.Combine(authority.Data, "rescind.db"), "--data", authority.Data, "--replace");
        await authority.StartAgainAsync();
        await client.LogInAsync();
        (await client.IsActiveAsync(alice.AccessToken)).ShouldBeFalse();
        var bob = await client.StartSessionAsync("bob");
        await UntilAsync(async () => await orders.StatusAsync(bob.AccessToken) == HttpStatusCode.OK, () => orders.Output);
        (await orders.StatusAsync(alice.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
        Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
    }

    private static async Task<string> HealthAsync(AuthorityProcess authority)
    {
        using var http = new HttpClient { BaseAddress = authority.Url };
        (await http.GetAsync("/health/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);
        return await http.GetStringAsync("/health");
    }

    private static async Task CopyAsync(string from, string to)
    {
        await using var copy = Child.Start("cp", ["-a", from, to]);
        (await copy.EndAsync()).ShouldBe(0, copy.Output);
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, Func<string> output)
    {
        for (var attempt = 0; !await holds(); attempt++)
        {
            attempt.ShouldBeLessThan(1200, output());
            await Task.Delay(50);
        }
    }
}
