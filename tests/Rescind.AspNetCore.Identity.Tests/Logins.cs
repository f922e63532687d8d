using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>How many logins live side by side, and logins that a change overtakes.</summary>
public sealed class Logins
{
    [Fact]
    public async Task Logins_live_side_by_side_by_default()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();

        var (first, second) = (await shop.LoginAsync(), await shop.LoginAsync());

        (await shop.CanRefreshAsync(first)).ShouldBeTrue();
        (await shop.CanRefreshAsync(second)).ShouldBeTrue();
    }

    [Fact]
    public async Task The_newest_login_wins_where_that_is_the_policy()
    {
        await using var shop = await Shop.OpenAsync(revoke => revoke.SingleSession = SingleSession.NewestWins);
        await shop.RegisterAsync();
        await shop.RegisterAsync("bob");
        var (bob, first) = (await shop.LoginAsync("bob"), await shop.LoginAsync());

        var second = await shop.LoginAsync();

        await shop.RefusesAsync(first);
        (await shop.CanRefreshAsync(first)).ShouldBeFalse();
        (await shop.CanRefreshAsync(second)).ShouldBeTrue();
        (await shop.CanRefreshAsync(bob)).ShouldBeTrue();
    }

    [Fact]
    public async Task Of_logins_at_the_same_moment_exactly_one_wins()
    {
        await using var shop = await Shop.OpenAsync(revoke => revoke.SingleSession = SingleSession.NewestWins);
        await shop.RegisterAsync();

        var logins = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => shop.LoginAsync()));

        var living = 0;
        foreach (var login in logins)
        {
            living += await shop.CanRefreshAsync(login) ? 1 : 0;
        }

        living.ShouldBe(1);
    }

    [Fact]
    public async Task A_login_ends_the_persons_earlier_one_on_the_same_device_where_that_is_the_policy()
    {
        await using var shop = await Shop.OpenAsync(revoke => revoke.SingleSession = SingleSession.PerDevice);
        await shop.RegisterAsync();
        await shop.RegisterAsync("bob");
        var (laptop, phone, bob) =
            (await shop.LoginAsync(device: "1"), await shop.LoginAsync(device: "2"), await shop.LoginAsync("bob", "1"));

        var again = await shop.LoginAsync(device: "1");

        (await shop.CanRefreshAsync(laptop)).ShouldBeFalse();
        (await shop.CanRefreshAsync(again)).ShouldBeTrue();
        (await shop.CanRefreshAsync(phone)).ShouldBeTrue();
        (await shop.CanRefreshAsync(bob)).ShouldBeTrue();
    }

    [Fact]
    public async Task Per_device_needs_a_device()
    {
        await using var shop = await Shop.OpenAsync(revoke => revoke.SingleSession = SingleSession.PerDevice);
        await shop.RegisterAsync();

        var refused = await Should.ThrowAsync<ArgumentException>(shop.LoginAsync());

        refused.Message.ShouldStartWith("RSC6103 ");
    }

    [Fact]
    public async Task A_login_whose_password_was_changed_under_it_is_refused()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();

        await Should.ThrowAsync<LoginOvertakenException>(shop.InScopeAsync(async scope =>
        {
            var users = scope.GetRequiredService<UserManager<ShopUser>>();
            var alice = (await users.FindByNameAsync("alice"))!;
            (await users.CheckPasswordAsync(alice, Shop.Password)).ShouldBeTrue();
            await shop.ChangeAsync((others, same) => others.ChangePasswordAsync(same, Shop.Password, "Another-horse-2"));
            return await scope.GetRequiredService<IUserSessions<ShopUser>>().StartAsync(alice);
        }));
    }

    [Fact]
    public async Task A_login_in_a_transaction_that_others_cannot_see_is_refused_until_its_commit()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            var bob = new ShopUser { UserName = "bob" };
            (await users.CreateAsync(bob, Shop.Password)).Succeeded.ShouldBeTrue();
            (await Should.ThrowAsync<SessionRefusedException>(StartAsync(bob))).Code.ShouldBe("RSC1318");
            (await users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2")).Succeeded.ShouldBeTrue();
            (await Should.ThrowAsync<LoginOvertakenException>(StartAsync(alice))).Code.ShouldBe("RSC6102");
            await transaction.CommitAsync();
            (await shop.CanRefreshAsync(await StartAsync(bob))).ShouldBeTrue();
            (await shop.CanRefreshAsync(await StartAsync(alice))).ShouldBeTrue();
        });

        Task<StartedSession> StartAsync(ShopUser user) =>
            shop.InScopeAsync(scope => scope.GetRequiredService<IUserSessions<ShopUser>>().StartAsync(user));
    }

    [Fact]
    public async Task A_session_of_nobody_is_refused_unless_that_is_allowed()
    {
        await using var strict = await Shop.OpenAsync();
        await using var open = await Shop.OpenAsync(revoke => revoke.AllowSubjectsThatAreNoUsers = true);

        (await Should.ThrowAsync<SessionRefusedException>(StartAsync(strict))).Code.ShouldBe("RSC1318");
        (await open.CanRefreshAsync(await StartAsync(open))).ShouldBeTrue();

        static Task<StartedSession> StartAsync(Shop shop) =>
            shop.InScopeAsync(scope => scope.GetRequiredService<ISessions>().StartAsync("the printer"));
    }

    [Fact]
    public async Task A_user_who_went_past_us_ends_with_the_next_refresh()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();

        await shop.InScopeAsync(scope => scope.GetRequiredService<ShopDb>().Users.ExecuteDeleteAsync());

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
        await shop.RefusesAsync(session);
    }
}
