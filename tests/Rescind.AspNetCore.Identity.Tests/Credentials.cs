using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>What ends the sessions of a user, and what does not.</summary>
public sealed class Credentials
{
    private static readonly Dictionary<string, Func<UserManager<ShopUser>, ShopUser, Task<IdentityResult>>> Ending = new()
    {
        ["password changed"] = (users, alice) => users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2"),
        ["password removed"] = (users, alice) => users.RemovePasswordAsync(alice),
        ["name changed"] = (users, alice) => users.SetUserNameAsync(alice, "alicia"),
        ["second factor demanded"] = (users, alice) => users.SetTwoFactorEnabledAsync(alice, true),
        ["e-mail changed"] = (users, alice) => users.SetEmailAsync(alice, "alice@example.com"),
        ["authenticator reset"] = (users, alice) => users.ResetAuthenticatorKeyAsync(alice),
        ["stamp updated"] = (users, alice) => users.UpdateSecurityStampAsync(alice),
        ["field written by the application"] = (users, alice) =>
        {
            alice.PasswordHash = users.PasswordHasher.HashPassword(alice, "Another-horse-2");
            return users.UpdateAsync(alice);
        },
        ["deleted"] = (users, alice) => users.DeleteAsync(alice),
    };

    private static readonly Dictionary<string, Func<UserManager<ShopUser>, ShopUser, Task<IdentityResult>>> Harmless = new()
    {
        ["nothing changed"] = (users, alice) => users.UpdateAsync(alice),
        ["one login failed"] = (users, alice) => users.AccessFailedAsync(alice),
        ["e-mail confirmed"] = async (users, alice) =>
            await users.ConfirmEmailAsync(alice, await users.GenerateEmailConfirmationTokenAsync(alice)),
        ["token kept"] = (users, alice) => users.SetAuthenticationTokenAsync(alice, "provider", "name", "value"),
        ["name taken by somebody else"] = async (users, alice) =>
            (await users.SetUserNameAsync(alice, "bob")).Succeeded ? IdentityResult.Failed() : IdentityResult.Success,
    };

    public static TheoryData<string> EndingNames => [.. Ending.Keys];

    public static TheoryData<string> HarmlessNames => [.. Harmless.Keys];

    [Theory]
    [MemberData(nameof(EndingNames))]
    public async Task A_changed_credential_ends_the_sessions_of_the_user(string change)
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(Ending[change]);

        await shop.RefusesAsync(session);
        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(HarmlessNames))]
    public async Task What_is_no_credential_ends_nothing(string change)
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        await shop.RegisterAsync("bob");
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(Harmless[change]);

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Fact]
    public async Task Other_users_are_left_alone()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        await shop.RegisterAsync("bob");
        var (alice, bob) = (await shop.LoginAsync(), await shop.LoginAsync("bob"));

        await shop.ChangeAsync(Ending["password changed"]);

        await shop.RefusesAsync(alice);
        (await shop.CanRefreshAsync(bob)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_user_that_came_from_a_query_and_is_written_as_it_was_ends_nothing()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async users => await users.UpdateAsync(await users.Users.SingleAsync()));

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_failed_login_of_a_user_that_came_from_a_query_ends_nothing()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async users => await users.AccessFailedAsync(await users.Users.SingleAsync()));

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_hash_that_a_login_made_anew_ends_nothing()
    {
        await using var shop = await Shop.OpenAsync(
            services: all => all.Configure<PasswordHasherOptions>(hasher => hasher.IterationCount = 1000));
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();
        var old = (await HashAsync(shop))!;

        (await shop.InScopeAsync(async scope =>
        {
            var users = scope.GetRequiredService<UserManager<ShopUser>>();
            users.PasswordHasher = new PasswordHasher<ShopUser>();
            return await users.CheckPasswordAsync((await users.FindByNameAsync("alice"))!, Shop.Password);
        })).ShouldBeTrue();

        (await HashAsync(shop)).ShouldNotBe(old);
        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_new_name_ends_the_sessions_under_the_old_one_where_the_name_is_the_subject()
    {
        await using var shop = await Shop.OpenAsync(revoke => revoke.Subject = UserSubject.UserName);
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();
        session.Subject.ShouldBe("alice");

        await shop.ChangeAsync(Ending["name changed"]);

        await shop.RefusesAsync(session);
        (await shop.LoginAsync("alicia")).Subject.ShouldBe("alicia");
    }

    private static Task<string?> HashAsync(Shop shop) =>
        shop.InScopeAsync(async scope => (await scope.GetRequiredService<ShopDb>().Users.SingleAsync()).PasswordHash);
}
