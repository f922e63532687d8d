using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>
/// A change that was refused may still be tracked: it is revoked when a later save writes it, and not if none does.
/// </summary>
public sealed class RefusedChanges
{
    private static readonly Dictionary<string, Func<UserManager<ShopUser>, ShopUser, Task<IdentityResult>>> Renewing = new()
    {
        ["taken out of a role"] = static (users, alice) => users.RemoveFromRoleAsync(alice, "clerk"),
        ["taken out of roles"] = static (users, alice) => users.RemoveFromRolesAsync(alice, ["clerk"]),
        ["put into a role"] = static (users, alice) => users.AddToRoleAsync(alice, "admin"),
        ["given a claim"] = static (users, alice) => users.AddClaimAsync(alice, new("desk", "8")),
        ["claim taken"] = static (users, alice) => users.RemoveClaimAsync(alice, new("desk", "7")),
        ["claim replaced"] = static (users, alice) => users.ReplaceClaimAsync(alice, new("desk", "7"), new("desk", "9")),
    };

    private static readonly Dictionary<string, Func<UserManager<ShopUser>, ShopUser, Task<IdentityResult>>> Ending = new()
    {
        ["external login removed"] = static (users, alice) => users.RemoveLoginAsync(alice, "github", "1"),
        ["authenticator reset"] = static (users, alice) => users.ResetAuthenticatorKeyAsync(alice),
    };

    public static TheoryData<string, bool> RenewingWays => Ways(Renewing.Keys);

    public static TheoryData<string, bool> EndingWays => Ways(Ending.Keys);

    [Theory]
    [MemberData(nameof(RenewingWays))]
    public async Task Rights_that_a_refused_change_left_are_renewed_when_a_later_save_writes_them(string way, bool overtaken)
    {
        var validator = new Validator();
        await using var shop = await OpenAsync(validator);
        var session = await shop.LoginAsync();
        var before = await RightsAsync(shop);

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await RefuseAsync(shop, validator, overtaken, () => Renewing[way](users, alice));
            await db.Entry(alice).ReloadAsync();
            db.Roles.Add(new("chief"));
            await db.SaveChangesAsync();
        });

        (await RightsAsync(shop)).ShouldNotBe(before);
        await shop.RefusesAsync(session);
        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(EndingWays))]
    public async Task A_way_to_log_in_that_a_refused_change_left_taken_ends_the_sessions_when_a_later_save_writes_it(
        string way, bool overtaken)
    {
        var validator = new Validator();
        await using var shop = await OpenAsync(validator);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await RefuseAsync(shop, validator, overtaken, () => Ending[way](users, alice));
            await db.Entry(alice).ReloadAsync();
            (await shop.CanRefreshAsync(session)).ShouldBeTrue();
            (await users.UpdateAsync(alice)).Succeeded.ShouldBeTrue();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Theory]
    [InlineData("taken out of a role", "")]
    [InlineData("taken out of a role", "bob")]
    [InlineData("claim taken", "bob")]
    [InlineData("external login removed", "bob")]
    public async Task What_a_change_left_that_was_refused_for_a_name_reaches_the_sessions_of_the_name_before(
        string way, string name)
    {
        await using var shop = await OpenAsync(new(), UserSubject.UserName);
        await shop.RegisterAsync("bob");
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            alice.UserName = name;
            (await Renewing.Concat(Ending).Single(change => change.Key == way).Value(users, alice)).Succeeded.ShouldBeFalse();
            await db.Entry(alice).ReloadAsync();
            await db.SaveChangesAsync();
        });

        await shop.RefusesAsync(session);
    }

    [Fact]
    public async Task A_role_taken_from_a_user_of_whom_only_the_key_is_known_renews_under_the_name_of_the_database()
    {
        await using var shop = await OpenAsync(new(), UserSubject.UserName);
        var session = await shop.LoginAsync();

        await shop.InScopeAsync(async scope =>
        {
            var db = scope.GetRequiredService<ShopDb>();
            var stub = new ShopUser { Id = await db.Users.Select(user => user.Id).SingleAsync(), UserName = "somebody" };
            await scope.GetRequiredService<UserManager<ShopUser>>().RemoveFromRoleAsync(stub, "clerk");
            db.Entry(stub).State = EntityState.Detached;
            return await db.SaveChangesAsync();
        });

        await shop.RefusesAsync(session);
    }

    [Fact]
    public async Task A_change_by_hand_that_failed_and_was_given_up_ends_nothing()
    {
        await using var shop = await OpenAsync(new());
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            alice.LockoutEnd = DateTimeOffset.UtcNow.AddDays(1);
            db.UserClaims.Add(new() { UserId = "nobody", ClaimType = "desk" });
            await Should.ThrowAsync<DbUpdateException>(db.SaveChangesAsync());
            db.ChangeTracker.Clear();
            db.Roles.Add(new("chief"));
            await db.SaveChangesAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        await shop.LoginAsync();
    }

    [Fact]
    public async Task A_password_that_was_refused_ends_the_sessions_when_a_later_save_writes_it()
    {
        var validator = new Validator();
        await using var shop = await OpenAsync(validator);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await RefuseAsync(shop, validator, false, () => users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2"));
            await db.SaveChangesAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_password_that_was_refused_and_set_back_ends_nothing()
    {
        var validator = new Validator();
        await using var shop = await OpenAsync(validator);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            var (hash, stamp) = (alice.PasswordHash, alice.SecurityStamp);
            await RefuseAsync(shop, validator, false, () => users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2"));
            (alice.PasswordHash, alice.SecurityStamp, alice.AccessFailedCount) = (hash, stamp, 1);
            (await users.UpdateAsync(alice)).Succeeded.ShouldBeTrue();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_role_that_was_refused_and_given_up_renews_nothing(bool all)
    {
        var validator = new Validator();
        await using var shop = await OpenAsync(validator);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await RefuseAsync(shop, validator, false, () => users.RemoveFromRoleAsync(alice, "clerk"));
            if (all)
            {
                db.ChangeTracker.Clear();
            }
            else
            {
                db.ChangeTracker.Entries<IdentityUserRole<string>>().ShouldHaveSingleItem().State = EntityState.Unchanged;
            }

            db.Roles.Add(new("chief"));
            await db.SaveChangesAsync();
        });

        (await shop.Revocations.ListAsync(Match.Subject(session.Subject)))
            .ShouldAllBe(act => act.Reason != "ASP.NET Core Identity: role removed");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_claim_of_a_role_that_a_refused_change_left_is_renewed_when_a_later_save_writes_it(bool added)
    {
        var validator = new Validator();
        await using var shop = await OpenAsync(validator);
        var session = await shop.LoginAsync();

        await shop.InScopeAsync(async scope =>
        {
            var roles = scope.GetRequiredService<RoleManager<IdentityRole>>();
            var clerk = (await roles.FindByNameAsync("clerk"))!;
            await RefuseAsync(shop, validator, false, () => added
                ? roles.AddClaimAsync(clerk, new("may", "refund")) : roles.RemoveClaimAsync(clerk, new("may", "sell")));
            return await scope.GetRequiredService<ShopDb>().SaveChangesAsync();
        });

        await shop.RefusesAsync(session);
        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_role_whose_taking_away_was_rolled_back_and_is_saved_again_renews(bool accepted)
    {
        await using var shop = await OpenAsync(new());
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            Transactions.SaveLater(users);
            (await users.RemoveFromRoleAsync(alice, "clerk")).Succeeded.ShouldBeTrue();
            await using (await db.Database.BeginTransactionAsync())
            {
                await db.SaveChangesAsync(acceptAllChangesOnSuccess: false);
            }

            await db.SaveChangesAsync(accepted);
        });

        (await RightsAsync(shop)).ShouldNotContain("clerk");
        await shop.RefusesAsync(session);
    }

    [Fact]
    public async Task A_change_that_failed_for_another_row_ends_the_sessions_when_it_is_saved_after_all()
    {
        await using var shop = await OpenAsync(new());
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            var claim = db.UserClaims.Add(new() { UserId = "nobody", ClaimType = "desk" });
            await Should.ThrowAsync<DbUpdateException>(users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2"));
            (await shop.CanRefreshAsync(session)).ShouldBeTrue();
            claim.State = EntityState.Detached;
            await db.SaveChangesAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_row_of_the_stores_own_that_a_refused_change_left_is_renewed_when_a_later_save_writes_it()
    {
        var validator = new Validator();
        await using var shop = await OpenAsync(validator, store: typeof(TokenStore));
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await RefuseAsync(shop, validator, false, () => users.AddClaimAsync(alice, new("desk", "8")));
            await db.Entry(alice).ReloadAsync();
            await db.SaveChangesAsync();
        });

        await shop.RefusesAsync(session);
        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_row_of_the_stores_own_that_was_rolled_back_and_is_saved_again_renews(bool accepted)
    {
        await using var shop = await OpenAsync(new(), store: typeof(TokenStore));
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            Transactions.SaveLater(users);
            (await users.AddClaimAsync(alice, new("desk", "8"))).Succeeded.ShouldBeTrue();
            await using (await db.Database.BeginTransactionAsync())
            {
                await db.SaveChangesAsync(acceptAllChangesOnSuccess: false);
            }

            await db.SaveChangesAsync(accepted);
        });

        await shop.RefusesAsync(session);
    }

    private static async Task RefuseAsync(Shop shop, Validator validator, bool overtaken, Func<Task<IdentityResult>> change)
    {
        if (overtaken)
        {
            await shop.ChangeAsync((others, same) => others.SetLockoutEnabledAsync(same, false));
        }

        validator.Refuses = !overtaken;
        (await change()).Succeeded.ShouldBeFalse();
        validator.Refuses = false;
    }

    private static Task<string> RightsAsync(Shop shop) => shop.InScopeAsync(async scope =>
    {
        var users = scope.GetRequiredService<UserManager<ShopUser>>();
        var alice = (await users.FindByNameAsync("alice"))!;
        var claims = await users.GetClaimsAsync(alice);
        return string.Join(' ', (await users.GetRolesAsync(alice)).Order())
            + string.Join(' ', claims.Select(static claim => claim.Value).Order());
    });

    private static TheoryData<string, bool> Ways(IEnumerable<string> names)
    {
        var ways = new TheoryData<string, bool>();
        foreach (var name in names)
        {
            ways.Add(name, true);
            ways.Add(name, false);
        }

        return ways;
    }

    private static async Task<Shop> OpenAsync(Validator validator, UserSubject subject = UserSubject.UserId, Type? store = null)
    {
        var shop = await Shop.OpenAsync(revoke => revoke.Subject = subject, services: all => all
            .AddScoped(typeof(IUserStore<ShopUser>), store ?? typeof(UserStore<ShopUser, IdentityRole, ShopDb>))
            .AddSingleton<IUserValidator<ShopUser>>(validator).AddSingleton<IRoleValidator<IdentityRole>>(validator));
        await shop.RegisterAsync();
        await shop.InScopeAsync(async scope =>
        {
            var roles = scope.GetRequiredService<RoleManager<IdentityRole>>();
            await roles.CreateAsync(new("admin"));
            await roles.CreateAsync(new("clerk"));
            return await roles.AddClaimAsync((await roles.FindByNameAsync("clerk"))!, new("may", "sell"));
        });
        await shop.ChangeAsync((users, alice) => users.AddToRoleAsync(alice, "clerk"));
        await shop.ChangeAsync((users, alice) => users.AddClaimAsync(alice, new("desk", "7")));
        await shop.ChangeAsync((users, alice) => users.AddLoginAsync(alice, new("github", "1", null)));
        return shop;
    }

    /// <summary>A store that keeps claims in rows of another kind.</summary>
    private sealed class TokenStore(ShopDb db) : UserStore<ShopUser, IdentityRole, ShopDb>(db)
    {
        public override async Task AddClaimsAsync(
            ShopUser user, IEnumerable<Claim> claims, CancellationToken cancellationToken = default)
        {
            foreach (var claim in claims)
            {
                await SetTokenAsync(user, "claims", claim.Type, claim.Value, cancellationToken);
            }
        }
    }

    private sealed class Validator : IUserValidator<ShopUser>, IRoleValidator<IdentityRole>
    {
        public bool Refuses { get; set; }

        public Task<IdentityResult> ValidateAsync(UserManager<ShopUser> manager, ShopUser user) => Task.FromResult(Result);

        public Task<IdentityResult> ValidateAsync(RoleManager<IdentityRole> manager, IdentityRole role) =>
            Task.FromResult(Result);

        private IdentityResult Result =>
            Refuses ? IdentityResult.Failed(new IdentityError { Code = "Refused" }) : IdentityResult.Success;
    }
}
