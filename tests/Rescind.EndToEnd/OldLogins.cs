using System.Net;

namespace Rescind.EndToEnd;

/// <summary>
/// The login that an app vouches for travels from the Authority's session to the route that demands a recent one (RFC 9470).
/// </summary>
[Collection(Child.OneSystemAtATime)]
public sealed class OldLogins
{
    [Fact]
    public async Task A_transfer_takes_a_login_of_the_last_five_minutes_and_orders_take_any()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        await using var orders = await OrdersProcess.StartAsync(authority, client);
        var recent = await client.StartSessionAsync("alice");
        var old = await client.StartSessionAsync("alice", DateTimeOffset.UtcNow.AddMinutes(-10));

        using var accepted = await orders.PostTransferAsync(recent.AccessToken);
        using var refused = await orders.PostTransferAsync(old.AccessToken);

        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        refused.Headers.WwwAuthenticate.ToString().ShouldContain("error=\"insufficient_user_authentication\"");
        refused.Headers.WwwAuthenticate.ToString().ShouldEndWith("max_age=\"300\"");
        (await orders.StatusAsync(old.AccessToken)).ShouldBe(HttpStatusCode.OK);
    }
}
