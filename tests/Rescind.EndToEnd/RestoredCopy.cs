using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Rescind.EndToEnd;

/// <summary>
/// An older copy of the database is put back: the start notices it, opens a new epoch, ends every session, replaces
/// every key and says so; nothing that was revoked in between comes back to life (design: fork).
/// </summary>
[Collection(Child.OneSystemAtATime)]
public sealed class RestoredCopy
{
    [Fact]
    public async Task An_older_database_is_noticed_and_what_was_revoked_since_stays_dead()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        var client = await authority.ConnectAsync();
        await using var orders = await OrdersProcess.StartAsync(authority, client);
        var (alice, bob) = (await client.StartSessionAsync("alice"), await client.StartSessionAsync("bob"));
        var (epoch, keys) = (await EpochAsync(authority), await KeysAsync(authority));
        await authority.StopAsync();
        var copy = await File.ReadAllBytesAsync(Database(authority));
        await authority.StartAgainAsync();
        await client.LogInAsync();
        var carol = await client.StartSessionAsync("carol");
        await client.RevokeAsync("session", alice.Id, waitSeconds: 5);
        (await orders.StatusAsync(bob.AccessToken)).ShouldBe(HttpStatusCode.OK);

        await authority.StopAsync();
        await File.WriteAllBytesAsync(Database(authority), copy);
        await authority.StartAgainAsync();
        client = await authority.ConnectAsync();

        authority.Output.ShouldContain("a new epoch");
        (await EpochAsync(authority)).ShouldNotBe(epoch);
        (await KeysAsync(authority)).Intersect(keys).ShouldBeEmpty();
        foreach (var session in new[] { alice, bob, carol })
        {
            (await client.RefreshAsync(session.RefreshToken)).Error.ShouldBe("invalid_grant");
            (await client.IsActiveAsync(session.AccessToken)).ShouldBeFalse();
        }

        await FollowsTheNewEpochAsync(client, orders);
        foreach (var session in new[] { alice, bob, carol })
        {
            (await orders.StatusAsync(session.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task An_older_database_beside_the_log_of_a_newer_one_is_refused_until_that_log_is_gone()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        await authority.StopAsync();
        var copy = await File.ReadAllBytesAsync(Database(authority));
        await authority.StartAgainAsync();
        var client = await authority.ConnectAsync();
        for (var i = 0; i < 300; i++)
        {
            await client.RevokeAsync("subject", $"somebody-{i}");
        }

        await authority.KillAsync();
        await File.WriteAllBytesAsync(Database(authority), copy);

        (await authority.RefusedAsync()).ShouldContain("RSC1016 ");
        (await File.ReadAllBytesAsync(Database(authority))).ShouldBe(copy);
        File.Delete(Database(authority) + "-wal");
        File.Delete(Database(authority) + "-shm");
        await authority.StartAgainAsync();
        authority.Output.ShouldContain("a new epoch");
    }

    [Fact]
    public async Task What_was_noticed_once_is_over_with_the_next_start()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        await authority.StopAsync();
        var copy = await File.ReadAllBytesAsync(Database(authority));
        await authority.StartAgainAsync();
        using var client = await authority.ConnectAsync();
        await client.RevokeAsync("subject", "alice");
        await authority.StopAsync();
        await File.WriteAllBytesAsync(Database(authority), copy);
        await authority.StartAgainAsync();
        var (epoch, keys) = (await EpochAsync(authority), await KeysAsync(authority));

        await authority.KillAsync();
        await authority.StartAgainAsync();

        authority.Output.ShouldNotContain("a new epoch");
        (await EpochAsync(authority)).ShouldBe(epoch);
        (await KeysAsync(authority)).ShouldBe(keys);
    }

    // A verifier that has taken an entry of the new epoch confirms it; and what is issued from here on is good there.
    private static async Task FollowsTheNewEpochAsync(AuthorityClient client, OrdersProcess orders)
    {
        var (dave, erin) = (await client.StartSessionAsync("dave"), await client.StartSessionAsync("erin"));
        for (var attempt = 0; await orders.StatusAsync(dave.AccessToken) != HttpStatusCode.OK; attempt++)
        {
            attempt.ShouldBeLessThan(600, orders.Output);
            await Task.Delay(50);
        }

        (await client.RevokeAsync("session", erin.Id, waitSeconds: 5))["in_force"]!["behind"]!.AsArray().ShouldBeEmpty();
        (await orders.StatusAsync(erin.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
        (await orders.StatusAsync(dave.AccessToken)).ShouldBe(HttpStatusCode.OK);
    }

    private static string Database(AuthorityProcess authority) => Path.Combine(authority.Data, "rescind.db");

    private static async Task<string> EpochAsync(AuthorityProcess authority)
    {
        using var client = await authority.ConnectAsync();
        return await client.EpochAsync();
    }

    private static async Task<string[]> KeysAsync(AuthorityProcess authority)
    {
        using var http = new HttpClient { BaseAddress = authority.Url };
        var set = await http.GetFromJsonAsync<JsonNode>("/.well-known/jwks.json");
        return [.. set!["keys"]!.AsArray().Select(key => (string)key!["kid"]!).Order(StringComparer.Ordinal)];
    }
}
