using System.Buffers.Text;
using System.Net;
using System.Reflection;
using System.Text;
using System.Transactions;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>
/// A change in a transaction of the application is revoked around its commit; one that is rolled back revokes nothing.
/// </summary>
public sealed class Transactions
{
    private static DateTimeOffset Tomorrow => DateTimeOffset.UtcNow.AddDays(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_login_with_the_old_password_before_the_commit_ends_with_it(bool async)
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();
        StartedSession? between = null;

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = async ? await db.Database.BeginTransactionAsync() : db.Database.BeginTransaction();
            await ChangePasswordAsync(users, alice);
            between = await shop.LoginAsync();
            (await shop.CanRefreshAsync(session)).ShouldBeTrue();
            await (async ? transaction.CommitAsync() : Task.Run(transaction.Commit));
        });

        (await shop.CanRefreshAsync(between!)).ShouldBeFalse();
        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
        await shop.RefusesAsync(between!);
    }

    [Fact]
    public async Task A_token_refreshed_with_the_old_role_before_the_commit_is_refused_after_it()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();
        StartedSession? refreshed = null;

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            (await users.RemoveFromRoleAsync(alice, "admin")).Succeeded.ShouldBeTrue();
            refreshed = await RefreshAsync(shop, session);
            RoleOf(refreshed).ShouldContain("admin");
            await transaction.CommitAsync();
        });

        await shop.RefusesAsync(refreshed!);
        RoleOf(await RefreshAsync(shop, refreshed!)).ShouldNotContain("admin");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lockout_that_is_rolled_back_leaves_no_block_and_ends_nothing(bool disposed)
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            (await users.SetLockoutEndDateAsync(alice, Tomorrow)).Succeeded.ShouldBeTrue();
            await (disposed ? Task.CompletedTask : transaction.RollbackAsync());
        });

        (await shop.GetAsync("/orders", session)).ShouldBe(HttpStatusCode.OK);
        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        await shop.LoginAsync();
        (await shop.Revocations.ListAsync(Match.Subject(session.Subject))).ShouldAllBe(act => act.Effect == Effect.Renew);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_commit_that_fails_takes_back_what_was_revoked_before_it(bool disposed)
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await db.Database.ExecuteSqlRawAsync("pragma defer_foreign_keys = on");
            await db.Database.ExecuteSqlRawAsync("insert into AspNetUserClaims (UserId) values ('nobody')");
            (await users.SetLockoutEndDateAsync(alice, Tomorrow)).Succeeded.ShouldBeTrue();
            await Should.ThrowAsync<Microsoft.Data.Sqlite.SqliteException>(transaction.CommitAsync());
            await (disposed ? Task.CompletedTask : transaction.RollbackAsync());
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        await shop.LoginAsync();
    }

    [Fact]
    public async Task A_change_that_is_saved_later_is_revoked_when_it_is_saved()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();
        StartedSession? between = null;

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            SaveLater(users);
            await ChangePasswordAsync(users, alice);
            between = await shop.LoginAsync();
            (await shop.CanRefreshAsync(session)).ShouldBeTrue();
            await db.SaveChangesAsync();
        });

        (await shop.CanRefreshAsync(between!)).ShouldBeFalse();
        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_role_taken_away_and_saved_later_renews_when_it_is_saved()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            SaveLater(users);
            (await users.RemoveFromRoleAsync(alice, "admin")).Succeeded.ShouldBeTrue();
            session = await RefreshAsync(shop, session);
            db.SaveChanges();
        });

        await shop.RefusesAsync(session);
        RoleOf(await RefreshAsync(shop, session)).ShouldNotContain("admin");
    }

    [Fact]
    public async Task A_change_that_is_never_saved_ends_nothing()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            SaveLater(users);
            await ChangePasswordAsync(users, alice);
            db.ChangeTracker.Clear();
            db.Roles.Add(new("chief"));
            await db.SaveChangesAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_deletion_in_a_transaction_ends_the_sessions_with_the_commit()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            (await users.DeleteAsync(alice)).Succeeded.ShouldBeTrue();
            (await shop.CanRefreshAsync(session)).ShouldBeTrue();
            await transaction.CommitAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_commit_whose_revocation_cannot_be_recorded_does_not_happen()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await ChangePasswordAsync(users, alice);
            shop.Revocations.FailAt(1);
            (await Should.ThrowAsync<RevocationNotRecordedException>(transaction.CommitAsync())).ChangeWritten.ShouldBeFalse();
        });

        (await IsPasswordAsync(shop, Shop.Password)).ShouldBeTrue();
        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Fact]
    public async Task Two_contexts_in_one_transaction_are_revoked_with_its_commit()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await shop.InScopeAsync(async other =>
            {
                var first = other.GetRequiredService<ShopDb>();
                await using var transaction = await first.Database.BeginTransactionAsync();
                db.Database.SetDbConnection(first.Database.GetDbConnection());
                await db.Database.UseTransactionAsync(transaction.GetDbTransaction());
                await ChangePasswordAsync(users, alice);
                (await shop.CanRefreshAsync(session)).ShouldBeTrue();
                await transaction.CommitAsync();
                return true;
            });
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_transaction_that_nobody_could_follow_is_refused_before_anything_is_written()
    {
        await using var shop = await OpenAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await db.Database.OpenConnectionAsync();
            await using var raw = await db.Database.GetDbConnection().BeginTransactionAsync();
            await db.Database.UseTransactionAsync(raw);
            (await Should.ThrowAsync<InvalidOperationException>(ChangePasswordAsync(users, alice))).Message
                .ShouldStartWith("RSC6104 ");
        });

        (await IsPasswordAsync(shop, Shop.Password)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_transaction_scope_is_refused_before_anything_is_written(bool plain)
    {
        await using var shop = await OpenAsync(plain
            ? static all =>
                all.AddSingleton<PlainStore>().AddScoped<IUserStore<ShopUser>>(static all => all.GetRequiredService<PlainStore>())
            : static all => all.ConfigureDbContext<ShopDb>(
                static db =>
                    db.ConfigureWarnings(static warnings => warnings.Ignore(RelationalEventId.AmbientTransactionWarning))));

        await shop.ChangeAsync(async (_, users, alice) =>
        {
            using var ambient = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
            (await Should.ThrowAsync<InvalidOperationException>(ChangePasswordAsync(users, alice))).Message
                .ShouldStartWith("RSC6104 ");
        });

        (await IsPasswordAsync(shop, Shop.Password)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_context_whose_options_are_the_applications_own_is_refused_unless_it_is_followed()
    {
        await using var refused = await OpenAsync(
            services: all => all.AddScoped(provider => OwnContext(provider, followed: false)), register: false);
        await using var followed = await OpenAsync(
            services: all => all.AddScoped(provider => OwnContext(provider, followed: true)));
        var session = await followed.LoginAsync();

        (await Should.ThrowAsync<InvalidOperationException>(
            refused.ChangeAsync(users => users.UpdateAsync(new() { UserName = "carol" })))).Message.ShouldStartWith("RSC6104 ");
        await followed.ChangeAsync((users, alice) => users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2"));
        (await followed.CanRefreshAsync(session)).ShouldBeFalse();
    }

    private static ShopDb OwnContext(IServiceProvider provider, bool followed)
    {
        var folder = provider.GetRequiredService<IConfiguration>()["Rescind:Data"];
        var options = new DbContextOptionsBuilder<ShopDb>().UseSqlite($"Data Source={folder}/shop.db");
        return new((followed ? options.FollowForRescind(provider) : options).Options);
    }

    internal static void SaveLater(UserManager<ShopUser> users)
    {
        var store = typeof(UserManager<ShopUser>)
            .GetProperty("Store", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(users)!;
        store.GetType().GetProperty("AutoSaveChanges")!.SetValue(store, false);
    }

    private static async Task ChangePasswordAsync(UserManager<ShopUser> users, ShopUser alice) =>
        (await users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2")).Succeeded.ShouldBeTrue();

    private static Task<bool> IsPasswordAsync(Shop shop, string password) => shop.InScopeAsync(async scope =>
    {
        var users = scope.GetRequiredService<UserManager<ShopUser>>();
        return await users.CheckPasswordAsync((await users.FindByNameAsync("alice"))!, password);
    });

    private static async Task<StartedSession> RefreshAsync(Shop shop, StartedSession session)
    {
        var (status, body) = await shop.RefreshAsync(session);
        status.ShouldBe(200);
        return session with { AccessToken = (string)body["access_token"]!, RefreshToken = (string)body["refresh_token"]! };
    }

    private static string RoleOf(StartedSession session) =>
        Encoding.UTF8.GetString(Base64Url.DecodeFromChars(session.AccessToken.Split('.')[1]));

    private static async Task<Shop> OpenAsync(Action<IServiceCollection>? services = null, bool register = true)
    {
        var shop = await Shop.OpenAsync(services: services);
        if (!register)
        {
            return shop;
        }

        await shop.RegisterAsync();
        await shop.InScopeAsync(scope => scope.GetRequiredService<RoleManager<IdentityRole>>().CreateAsync(new("admin")));
        await shop.InScopeAsync(async scope =>
        {
            var users = scope.GetRequiredService<UserManager<ShopUser>>();
            var alice = (await users.FindByNameAsync("alice"))!;
            return users.SupportsUserRole ? await users.AddToRoleAsync(alice, "admin") : IdentityResult.Success;
        });
        return shop;
    }
}
