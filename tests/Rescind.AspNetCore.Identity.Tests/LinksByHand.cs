using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>
/// Roles, claims, logins and authenticators of a user are facts of their own: it does not matter who writes their rows.
/// </summary>
public sealed class LinksByHand
{
    private static readonly Dictionary<string, Func<ShopDb, ShopUser, Task>> Renewing = new()
    {
        ["role taken"] = static async (db, _) => db.UserRoles.RemoveRange(await db.UserRoles.ToListAsync()),
        ["role given"] = static async (db, alice) =>
            db.UserRoles.Add(new() { UserId = alice.Id, RoleId = (await db.Roles.SingleAsync(role => role.Name == "admin")).Id }),
        ["claim taken"] = static async (db, _) => db.UserClaims.RemoveRange(await db.UserClaims.ToListAsync()),
        ["claim taken by its key"] = static async (db, _) =>
            db.UserClaims.Remove(new() { Id = await db.UserClaims.Select(claim => claim.Id).SingleAsync() }),
        ["claim given"] = static (db, alice) =>
            Task.FromResult(db.UserClaims.Add(new() { UserId = alice.Id, ClaimType = "desk", ClaimValue = "9" })),
        ["claim changed"] = static async (db, _) => (await db.UserClaims.SingleAsync()).ClaimValue = "8",
        ["claim given to somebody else"] = static async (db, _) =>
            (await db.UserClaims.SingleAsync()).UserId = (await db.Users.SingleAsync(user => user.UserName == "bob")).Id,
        ["claim of the role given"] = static async (db, _) =>
            db.RoleClaims.Add(new()
            {
                RoleId = (await db.Roles.SingleAsync(role => role.Name == "clerk")).Id,
                ClaimType = "may",
                ClaimValue = "refund",
            }),
        ["claim of the role changed"] = static async (db, _) => (await db.RoleClaims.SingleAsync()).ClaimValue = "refund",
        ["claim of the role taken by its key"] = static async (db, _) =>
            db.RoleClaims.Remove(new() { Id = await db.RoleClaims.Select(claim => claim.Id).SingleAsync() }),
    };

    private static readonly Dictionary<string, Func<ShopDb, ShopUser, Task>> Ending = new()
    {
        ["external login removed"] = static async (db, _) => db.UserLogins.RemoveRange(await db.UserLogins.ToListAsync()),
        ["external login given to somebody else"] = static async (db, _) =>
            (await db.UserLogins.SingleAsync()).UserId = (await db.Users.SingleAsync(user => user.UserName == "bob")).Id,
        ["authenticator changed"] = static async (db, _) => (await db.UserTokens.SingleAsync()).Value = "another",
        ["authenticator removed"] = static async (db, _) => db.UserTokens.RemoveRange(await db.UserTokens.ToListAsync()),
    };

    public static MatrixTheoryData<string, UserSubject> RenewingWays =>
        new(Renewing.Keys, [UserSubject.UserId, UserSubject.UserName]);

    public static TheoryData<string> EndingWays => [.. Ending.Keys];

    [Theory]
    [MemberData(nameof(RenewingWays))]
    public async Task A_right_whose_row_the_application_writes_itself_renews(string way, UserSubject subject)
    {
        await using var shop = await OpenAsync(subject);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, _, alice) =>
        {
            await Renewing[way](db, alice);
            await db.SaveChangesAsync();
        });

        await shop.RefusesAsync(session);
        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(EndingWays))]
    public async Task A_way_to_log_in_whose_row_the_application_writes_itself_ends_the_sessions(string way)
    {
        await using var shop = await OpenAsync(UserSubject.UserId);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, _, alice) =>
        {
            await Ending[way](db, alice);
            await db.SaveChangesAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_right_that_was_written_in_a_transaction_renews_with_its_commit_and_not_otherwise(bool committed)
    {
        await using var shop = await OpenAsync(UserSubject.UserId);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, _, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await Renewing["role taken"](db, alice);
            await db.SaveChangesAsync();
            (await shop.Revocations.ListAsync(Match.Subject(alice.Id)))
                .ShouldAllBe(act => act.Effect != Effect.Renew || act.Reason != Removed);
            await (committed ? transaction.CommitAsync() : transaction.RollbackAsync());
        });

        (await shop.Revocations.ListAsync(Match.Subject(session.Subject))).Any(act => act.Reason == Removed).ShouldBe(committed);
    }

    [Fact]
    public async Task A_role_that_the_UserManager_takes_away_is_renewed_once_around_its_commit()
    {
        await using var shop = await OpenAsync(UserSubject.UserId);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync((users, alice) => users.RemoveFromRoleAsync(alice, "clerk"));

        (await shop.Revocations.ListAsync(Match.Subject(session.Subject))).Count(act => act.Reason == Removed).ShouldBe(2);
    }

    [Fact]
    public async Task A_token_that_is_none_of_an_authenticator_ends_nothing()
    {
        await using var shop = await OpenAsync(UserSubject.UserId);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, _, alice) =>
        {
            db.UserTokens.Add(new() { UserId = alice.Id, LoginProvider = "github", Name = "AuthenticatorKey", Value = "1" });
            (await db.UserLogins.SingleAsync()).ProviderDisplayName = "GitHub";
            await db.SaveChangesAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    private const string Removed = "ASP.NET Core Identity: role removed";

    private static async Task<Shop> OpenAsync(UserSubject subject)
    {
        var shop = await Shop.OpenAsync(revoke => revoke.Subject = subject);
        await shop.RegisterAsync();
        await shop.RegisterAsync("bob");
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
        await shop.ChangeAsync((users, alice) => users.ResetAuthenticatorKeyAsync(alice));
        return shop;
    }
}
