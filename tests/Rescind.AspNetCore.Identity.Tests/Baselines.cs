using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>
/// What was there before a change is what the store has, never what an object has that may have been changed already.
/// </summary>
public sealed class Baselines
{
    private static readonly Dictionary<string, Func<IServiceProvider, ShopUser, Task>> Writing = new()
    {
        ["updated"] = Users((users, alice) => users.UpdateAsync(alice)),
        ["found again, then updated"] = Users(
            async (users, alice) => await users.UpdateAsync((await users.FindByIdAsync(alice.Id))!)),
        ["found by name, then updated"] = Users(
            async (users, alice) => await users.UpdateAsync((await users.FindByNameAsync("alice"))!)),
        ["put into a role"] = Users((users, alice) => users.AddToRoleAsync(alice, "admin")),
        ["taken out of a role"] = Users((users, alice) => users.RemoveFromRoleAsync(alice, "clerk")),
        ["given a claim"] = Users((users, alice) => users.AddClaimAsync(alice, new("desk", "7"))),
        ["failed logins forgotten"] = Users(async (users, alice) =>
        {
            alice.AccessFailedCount = 1;
            return await users.ResetAccessFailedCountAsync(alice);
        }),
        ["failed login counted"] = Users((users, alice) => users.AccessFailedAsync(alice)),
        ["password checked, then updated"] = Users(async (users, alice) =>
        {
            await users.CheckPasswordAsync(alice, Shop.Password);
            return await users.UpdateAsync(alice);
        }),
        ["password checked, which makes the hash anew"] = Users(async (users, alice) =>
        {
            alice.PasswordHash = new PasswordHasher<ShopUser>(Microsoft.Extensions.Options.Options.Create(
                new PasswordHasherOptions { IterationCount = 1 })).HashPassword(alice, "Another-horse-2");
            return await users.CheckPasswordAsync(alice, "Another-horse-2") ? IdentityResult.Success : IdentityResult.Failed();
        }),
        ["lockout made possible"] = Users((users, alice) => users.SetLockoutEnabledAsync(alice, true)),
        ["token kept"] = Users((users, alice) => users.SetAuthenticationTokenAsync(alice, "provider", "name", "value")),
        ["another user updated"] = Users(async (users, _) => await users.UpdateAsync((await users.FindByNameAsync("bob"))!)),
        ["another user created"] = Users((users, _) => users.CreateAsync(new() { UserName = "carol" })),
        ["another user deleted"] = Users(async (users, _) => await users.DeleteAsync((await users.FindByNameAsync("bob"))!)),
        ["a role created"] = (scope, _) => scope.GetRequiredService<RoleManager<IdentityRole>>().CreateAsync(new("chief")),
        ["saved by the application"] = (scope, _) => scope.GetRequiredService<ShopDb>().SaveChangesAsync(),
        ["saved by the application, and waited for"] = (scope, _) =>
            Task.FromResult(scope.GetRequiredService<ShopDb>().SaveChanges()),
    };

    private static readonly Dictionary<string, Action<ShopUser>> Fields = new()
    {
        ["hash"] = alice => alice.PasswordHash = new PasswordHasher<ShopUser>().HashPassword(alice, "Another-horse-2"),
        ["stamp"] = alice => alice.SecurityStamp = "another stamp",
        ["second factor"] = alice => alice.TwoFactorEnabled = true,
        ["e-mail"] = alice => alice.Email = "alice@example.com",
        ["phone"] = alice => alice.PhoneNumber = "+15550100",
        ["lockout"] = alice => alice.LockoutEnd = DateTimeOffset.UtcNow.AddDays(1),
    };

    public static TheoryData<string> WritingNames => [.. Writing.Keys];

    public static TheoryData<string> FieldNames => [.. Fields.Keys];

    [Theory]
    [MemberData(nameof(WritingNames))]
    public async Task A_hash_set_on_a_user_from_a_query_ends_the_sessions_however_it_is_written(string way)
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.InScopeAsync(async scope =>
        {
            var alice = await scope.GetRequiredService<UserManager<ShopUser>>().Users.SingleAsync(
                user => user.UserName == "alice");
            Fields["hash"](alice);
            await Writing[way](scope, alice);
            return true;
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
        await shop.RefusesAsync(session);
    }

    [Theory]
    [MemberData(nameof(FieldNames))]
    public async Task A_field_set_on_a_user_from_a_query_ends_the_sessions_with_the_next_role(string field)
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async users =>
        {
            var alice = await users.Users.SingleAsync(user => user.UserName == "alice");
            Fields[field](alice);
            return await users.AddToRoleAsync(alice, "admin");
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_lockout_set_by_hand_blocks_as_one_that_was_ordered()
    {
        await using var shop = await OpenAsync();

        await shop.ChangeAsync(async users =>
        {
            var alice = await users.Users.SingleAsync(user => user.UserName == "alice");
            Fields["lockout"](alice);
            return await users.ResetAccessFailedCountAsync(alice) is { Succeeded: true }
                ? await users.UpdateAsync(alice)
                : IdentityResult.Failed();
        });

        var blocks = await BlocksAsync(shop);
        blocks.ShouldHaveSingleItem();
        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, null));
        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
    }

    [Fact]
    public async Task A_user_that_nothing_tracks_is_compared_with_the_database()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, _) =>
        {
            db.ChangeTracker.Clear();
            db.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
            var alice = await users.Users.SingleAsync(user => user.UserName == "alice");
            Fields["hash"](alice);
            (await users.UpdateAsync(alice)).Succeeded.ShouldBeTrue();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_a_user_that_was_attached_the_changed_columns_count_alone(bool hash)
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.InScopeAsync(async scope =>
        {
            var db = scope.GetRequiredService<ShopDb>();
            var row = await db.Users.AsNoTracking().SingleAsync(user => user.UserName == "alice");
            var alice = new ShopUser { Id = row.Id, ConcurrencyStamp = row.ConcurrencyStamp };
            db.Attach(alice);
            alice.AccessFailedCount = 3;
            alice.PasswordHash = hash ? "another" : null;
            return await db.SaveChangesAsync();
        });

        (await shop.InScopeAsync(scope => scope.GetRequiredService<UserManager<ShopUser>>().FindByNameAsync("alice")))!
            .AccessFailedCount.ShouldBe(3);
        (await shop.CanRefreshAsync(session)).ShouldBe(!hash);
    }

    [Fact]
    public async Task A_user_who_is_older_than_its_row_counts_by_what_is_written()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using (await db.Database.BeginTransactionAsync())
            {
                alice.PhoneNumber = "+15550100";
                await db.SaveChangesAsync();
            }

            alice.AccessFailedCount = 3;
            await db.SaveChangesAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_user_from_a_query_who_gets_a_role_is_not_logged_out()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async users => await users.AddToRoleAsync(
            await users.Users.SingleAsync(user => user.UserName == "alice"), "admin"));

        await shop.RefusesAsync(session);
        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_role_renamed_by_hand_renews_under_the_name_that_the_tokens_have()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        (await shop.InScopeAsync(async scope =>
        {
            var roles = scope.GetRequiredService<RoleManager<IdentityRole>>();
            var clerk = await roles.Roles.SingleAsync(role => role.Name == "clerk");
            clerk.Name = "chief";
            return await roles.AddClaimAsync(clerk, new("may", "refund"));
        })).Succeeded.ShouldBeTrue();

        await shop.RefusesAsync(session);
    }

    [Fact]
    public async Task A_role_renamed_by_hand_renews_when_a_user_is_written()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.InScopeAsync(async scope =>
        {
            (await scope.GetRequiredService<RoleManager<IdentityRole>>().FindByNameAsync("clerk"))!.Name = "chief";
            var users = scope.GetRequiredService<UserManager<ShopUser>>();
            return await users.UpdateAsync((await users.FindByNameAsync("bob"))!);
        });

        await shop.RefusesAsync(session);
        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("updated")]
    [InlineData("failed logins forgotten")]
    [InlineData("password checked, then updated")]
    [InlineData("lockout made possible")]
    public async Task A_hash_set_by_hand_ends_the_sessions_in_a_store_without_a_database_context(string way)
    {
        await using var shop = await OpenPlainAsync();
        var session = await shop.LoginAsync();

        await shop.InScopeAsync(async scope =>
        {
            var users = scope.GetRequiredService<UserManager<ShopUser>>();
            var alice = (await users.FindByNameAsync("alice"))!;
            Fields["hash"](alice);
            await Writing[way](scope, alice);
            return true;
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_change_that_another_one_has_overtaken_ends_nothing()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await ChangeOvertakenAsync(shop);

        (await shop.GetAsync("/orders", session)).ShouldBe(System.Net.HttpStatusCode.OK);
        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        (await shop.Revocations.ListAsync(Match.Subject(session.Subject))).ShouldAllBe(act => act.Effect == Effect.Renew);
    }

    [Fact]
    public async Task A_change_that_a_store_without_a_database_context_refuses_is_taken_back()
    {
        await using var shop = await OpenPlainAsync();
        var session = await shop.LoginAsync();

        await ChangeOvertakenAsync(shop);

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        (await shop.Revocations.ListAsync(Match.Subject(session.Subject))).ShouldAllBe(act => act.LiftedBy != null);
    }

    private static async Task ChangeOvertakenAsync(Shop shop) => (await shop.InScopeAsync(async scope =>
    {
        var users = scope.GetRequiredService<UserManager<ShopUser>>();
        var alice = (await users.FindByNameAsync("alice"))!;
        await shop.ChangeAsync((others, same) => others.SetLockoutEnabledAsync(same, false));
        var result = await users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2");
        result.Errors.ShouldHaveSingleItem().Code.ShouldBe("ConcurrencyFailure");
        return result;
    })).Succeeded.ShouldBeFalse();

    private static async Task<IEnumerable<Revocation>> BlocksAsync(Shop shop)
    {
        var id = (await shop.InScopeAsync(
            scope => scope.GetRequiredService<UserManager<ShopUser>>().FindByNameAsync("alice")))!.Id;
        return (await shop.Revocations.ListAsync(Match.Subject(id)))
            .Where(act => act is { Effect: Effect.Block, LiftedBy: null });
    }

    private static async Task<Shop> OpenAsync()
    {
        var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        await shop.RegisterAsync("bob");
        await shop.InScopeAsync(async scope =>
        {
            var roles = scope.GetRequiredService<RoleManager<IdentityRole>>();
            await roles.CreateAsync(new("clerk"));
            return await roles.CreateAsync(new("admin"));
        });
        await shop.ChangeAsync((users, alice) => users.AddToRoleAsync(alice, "clerk"));
        return shop;
    }

    private static async Task<Shop> OpenPlainAsync()
    {
        var shop = await Shop.OpenAsync(services: static all => all.AddSingleton<PlainStore>()
            .AddScoped<IUserStore<ShopUser>>(static provider => provider.GetRequiredService<PlainStore>()));
        await shop.RegisterAsync();
        return shop;
    }

    private static Func<IServiceProvider, ShopUser, Task> Users(
        Func<UserManager<ShopUser>, ShopUser, Task<IdentityResult>> write) =>
        async (scope, alice) => (await write(scope.GetRequiredService<UserManager<ShopUser>>(), alice)).Succeeded.ShouldBeTrue();
}
