using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>
/// A type of user that derives from another one: each has subjects of its own, and a change of either ends what it reaches.
/// </summary>
public sealed class DerivedUserTypes
{
    private static readonly Dictionary<string, Func<UserManager<Clerk>, Clerk, Task<IdentityResult>>> Harmless = new()
    {
        ["failed login"] = static (users, carl) => users.AccessFailedAsync(carl),
        ["failed logins forgotten"] = static async (users, carl) =>
        {
            carl.AccessFailedCount = 1;
            return await users.ResetAccessFailedCountAsync(carl);
        },
        ["updated"] = static (users, carl) => users.UpdateAsync(carl),
        ["given a claim"] = static (users, carl) => users.AddClaimAsync(carl, new("desk", "7")),
    };

    public static TheoryData<string> HarmlessNames => [.. Harmless.Keys];

    [Theory]
    [MemberData(nameof(HarmlessNames))]
    public async Task What_changes_no_credential_ends_nothing(string change)
    {
        await using var shop = await OpenAsync();
        var session = await LoginAsync<Clerk>(shop);

        await ChangeAsync<Clerk>(shop, (users, carl) => Harmless[change](users, carl));

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_password_ends_the_sessions_whichever_UserManager_changes_it()
    {
        await using var shop = await OpenAsync();
        var first = await LoginAsync<Clerk>(shop);
        await ChangeAsync<Clerk>(shop, (users, carl) => users.ChangePasswordAsync(carl, Shop.Password, "Another-horse-2"));
        (await shop.CanRefreshAsync(first)).ShouldBeFalse();

        var (second, asUser) = (await LoginAsync<Clerk>(shop), await LoginAsync<ShopUser>(shop));
        await ChangeAsync<ShopUser>(shop, (users, carl) => users.ChangePasswordAsync(carl, "Another-horse-2", Shop.Password));

        (await shop.CanRefreshAsync(second)).ShouldBeFalse();
        (await shop.CanRefreshAsync(asUser)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_claim_renews_the_tokens_whichever_UserManager_gives_it()
    {
        await using var shop = await OpenAsync();
        var session = await LoginAsync<Clerk>(shop);

        await ChangeAsync<ShopUser>(shop, (users, carl) => users.AddClaimAsync(carl, new("desk", "7")));

        await shop.RefusesAsync(session);
    }

    [Fact]
    public async Task A_deletion_ends_the_sessions_whichever_UserManager_deletes()
    {
        await using var shop = await OpenAsync();
        var session = await LoginAsync<Clerk>(shop);

        await ChangeAsync<ShopUser>(shop, (users, carl) => users.DeleteAsync(carl));

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
        await shop.RefusesAsync(session);
    }

    private static Task<StartedSession> LoginAsync<TUser>(Shop shop)
        where TUser : class => shop.InScopeAsync(async scope => await scope.GetRequiredService<IUserSessions<TUser>>().StartAsync(
            (await scope.GetRequiredService<UserManager<TUser>>().FindByNameAsync("carl"))!));

    private static async Task ChangeAsync<TUser>(Shop shop, Func<UserManager<TUser>, TUser, Task<IdentityResult>> change)
        where TUser : class => (await shop.InScopeAsync(async scope =>
    {
        var users = scope.GetRequiredService<UserManager<TUser>>();
        return await change(users, (await users.FindByNameAsync("carl"))!);
    })).Succeeded.ShouldBeTrue();

    private static async Task<Shop> OpenAsync()
    {
        var shop = await Shop.OpenAsync(static revoke => revoke.SubjectPrefix = "person:", services: static all =>
        {
            all.AddIdentityCore<Clerk>().AddRoles<IdentityRole>().AddEntityFrameworkStores<ShopDb>().AddDefaultTokenProviders()
                .AddRescind(static revoke => revoke.SubjectPrefix = "clerk:");
            all.AddScoped<ShopDb>(static provider => new ClerkDb(new DbContextOptionsBuilder<ClerkDb>()
                .UseSqlite($"Data Source={provider.GetRequiredService<IConfiguration>()["Rescind:Data"]}/shop.db")
                .FollowForRescind(provider).Options));
        });
        (await shop.InScopeAsync(scope => scope.GetRequiredService<UserManager<Clerk>>()
            .CreateAsync(new() { UserName = "carl" }, Shop.Password))).Succeeded.ShouldBeTrue();
        return shop;
    }

    private sealed class Clerk : ShopUser;

    private sealed class ClerkDb(DbContextOptions options) : ShopDb(options)
    {
        protected override void OnModelCreating(ModelBuilder builder)
        {
            base.OnModelCreating(builder);
            builder.Entity<Clerk>();
        }
    }
}
