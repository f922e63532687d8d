using System.Net;

namespace Rescind.EndToEnd;

/// <summary>
/// An Authority whose clock is ahead for a while, as a real process: nothing dead is taken, and there is a way on.
/// </summary>
[Collection(Child.OneSystemAtATime)]
public sealed class ClockAhead
{
    [Fact]
    public async Task A_verifier_that_starts_meanwhile_refuses_what_was_dead_and_accept_time_lets_the_Authority_go_on()
    {
        var offset = Path.Combine(Places.NewFolder(), "offset");
        await File.WriteAllTextAsync(offset, "+0");
        await using var authority = AuthorityProcess.New();
        await authority.StartAgainAsync(FalseClock.OffByFile(offset));
        var client = await authority.ConnectAsync();
        var (alice, bob) = (await client.StartSessionAsync("alice"), await client.StartSessionAsync("bob"));
        await client.RevokeAsync("session", alice.Id);

        await File.WriteAllTextAsync(offset, "+600");
        await using var orders = await OrdersProcess.StartAsync(authority, client);
        await RefusesAsync(orders, alice);
        (await orders.StatusAsync(bob.AccessToken)).ShouldBe(HttpStatusCode.OK, orders.Output);
        await File.WriteAllTextAsync(offset, "+0");
        await RefusesAsync(orders, alice);

        await authority.StopAsync();
        await authority.StartAgainAsync(FalseClock.Off("+1d"));
        await client.LogInAsync();
        await client.RevokeAsync("subject", "mallory");
        await authority.StopAsync();
        await authority.StartAgainAsync();
        await client.LogInAsync();
        ((string?)(await client.TryRevokeAsync("subject", "mallory"))["code"]).ShouldBe("RSC1012");
        await authority.StopAsync();
        (await AuthorityProcess.RunAsync("accept-time", "--data", authority.Data)).ShouldContain("ACCEPTED");
        await authority.StartAgainAsync();

        await client.LogInAsync();
        await client.RevokeAsync("subject", "mallory");
        (await client.RefreshAsync(bob.RefreshToken)).Status.ShouldBe(HttpStatusCode.OK);
        (await client.RefreshAsync(alice.RefreshToken)).Error.ShouldBe("invalid_grant");
        await RefusesAsync(orders, alice);
    }

    private static async Task RefusesAsync(OrdersProcess orders, StartedSession session) =>
        (await orders.StatusAsync(session.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized, orders.Output);
}
