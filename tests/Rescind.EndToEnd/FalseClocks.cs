using System.Net;
using System.Text.Json.Nodes;

namespace Rescind.EndToEnd;

/// <summary>
/// An Authority and an API as real processes, whose clocks differ or are far in the future: nothing dead is taken.
/// </summary>
[Collection(Child.OneSystemAtATime)]
public sealed class FalseClocks
{
    // The tokens outlive the offset. To a clock that is further behind than its leeway they are of the future.
    [Theory]
    [InlineData("+600", HttpStatusCode.OK)]
    [InlineData("-20", HttpStatusCode.OK)]
    [InlineData("-600", HttpStatusCode.Unauthorized)]
    [InlineData("-3600", HttpStatusCode.Unauthorized)]
    public async Task An_API_whose_clock_is_off_takes_no_token_that_was_revoked_before_or_after_it_started(
        string offset, HttpStatusCode alive)
    {
        await using var authority = AuthorityProcess.New();
        await authority.StartAgainAsync("env", "Rescind__AccessTokenLifetime=02:00:00");
        using var client = await authority.ConnectAsync();
        var (before, after) = (await client.StartSessionAsync("alice"), await client.StartSessionAsync("bob"));
        var living = await client.StartSessionAsync("carol");
        await client.RevokeAsync("session", before.Id);

        await using var orders = await OrdersProcess.StartAsync(authority, client, under: FalseClock.Off(offset));
        (await orders.StatusAsync(after.AccessToken)).ShouldBe(alive, orders.Output);
        await client.RevokeAsync("session", after.Id, waitSeconds: 5);

        (await orders.StatusAsync(before.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized, orders.Output);
        (await orders.StatusAsync(after.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized, orders.Output);
        (await orders.StatusAsync(living.AccessToken)).ShouldBe(alive, orders.Output);
    }

    // Seconds since 1970 leave 31 bits in January 2038, and 32 in February 2106.
    [Theory]
    [InlineData("2038-01-19 03:13:58", 1L << 31)]
    [InlineData("2106-02-07 06:28:06", 1L << 32)]
    public async Task What_was_revoked_stays_so_and_the_rest_lives_across_the_end_of_a_number_of_seconds(string moment, long end)
    {
        await using var authority = AuthorityProcess.New();
        await authority.StartAgainAsync(FalseClock.At(moment));
        using var client = await authority.ConnectAsync();
        var (dead, alive) = (await client.StartSessionAsync("alice"), await client.StartSessionAsync("bob"));
        await using var orders = await OrdersProcess.StartAsync(authority, client, under: FalseClock.At(moment));
        await client.RevokeAsync("session", dead.Id, waitSeconds: 5);

        var (refreshToken, accessToken) = (alive.RefreshToken, alive.AccessToken);
        while (IssuedAt(accessToken) <= end)
        {
            var refreshed = await client.RefreshAsync(refreshToken);
            refreshed.Status.ShouldBe(HttpStatusCode.OK, refreshed.Error);
            (refreshToken, accessToken) = (refreshed.RefreshToken!, refreshed.AccessToken!);
            await Task.Delay(500);
        }

        (await orders.StatusAsync(dead.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized, orders.Output);
        (await client.RefreshAsync(dead.RefreshToken)).Error.ShouldBe("invalid_grant");
        (await orders.StatusAsync(accessToken)).ShouldBe(HttpStatusCode.OK, orders.Output);
        await client.RevokeAsync("subject", "bob", waitSeconds: 5);
        (await orders.StatusAsync(accessToken)).ShouldBe(HttpStatusCode.Unauthorized, orders.Output);
    }

    private static long IssuedAt(string accessToken) =>
        (long)JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(accessToken.Split('.')[1]))!["iat"]!;
}
