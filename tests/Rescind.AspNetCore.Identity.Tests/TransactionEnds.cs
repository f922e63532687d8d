using System.Data.Common;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>However a transaction ends: what it has committed is revoked, and what it has not ends nothing.</summary>
public sealed class TransactionEnds
{
    private static readonly Dictionary<string, Func<ShopDb, UserManager<ShopUser>, ShopUser, Task>> Changes = new()
    {
        ["password"] = static (_, users, alice) => users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2"),
        ["password, then a role"] = static async (_, users, alice) =>
        {
            await users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2");
            await users.AddToRoleAsync(alice, "admin");
        },
        ["lockout"] = static (_, users, alice) => users.SetLockoutEndDateAsync(alice, Tomorrow),
        ["hash set by hand"] = static (db, users, alice) =>
        {
            alice.PasswordHash = users.PasswordHasher.HashPassword(alice, "Another-horse-2");
            return db.SaveChangesAsync();
        },
        ["deletion"] = static (_, users, alice) => users.DeleteAsync(alice),
    };

    private static DateTimeOffset Tomorrow => DateTimeOffset.UtcNow.AddDays(1);

    public static TheoryData<string, bool> Ways
    {
        get
        {
            var ways = new TheoryData<string, bool>();
            foreach (var name in Changes.Keys)
            {
                ways.Add(name, true);
                ways.Add(name, false);
            }

            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task What_was_committed_past_EF_Core_is_revoked_when_its_transaction_is_left(string change, bool outbox)
    {
        await using var shop = await OpenAsync(outbox);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await Changes[change](db, users, alice);
            await transaction.GetDbTransaction().CommitAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
        await shop.RefusesAsync(session);
    }

    [Fact]
    public async Task A_role_taken_away_past_EF_Core_renews_when_its_transaction_is_left()
    {
        await using var shop = await OpenAsync();
        await shop.ChangeAsync((users, alice) => users.AddToRoleAsync(alice, "admin"));
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            using var transaction = db.Database.BeginTransaction();
            (await users.RemoveFromRoleAsync(alice, "admin")).Succeeded.ShouldBeTrue();
            transaction.GetDbTransaction().Commit();
        });

        await shop.RefusesAsync(session);
        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task What_was_rolled_back_past_EF_Core_ends_nothing(string change, bool committedAfter)
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await Changes[change](db, users, alice);
            await transaction.GetDbTransaction().RollbackAsync();
            if (committedAfter)
            {
                await Should.ThrowAsync<InvalidOperationException>(transaction.CommitAsync());
            }
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
    }

    [Fact]
    public async Task A_transaction_that_is_left_while_the_database_is_away_ends_nothing_and_throws_nothing()
    {
        var away = new Away();
        await using var shop = await Shop.OpenAsync(
            services: all => all.ConfigureDbContext<ShopDb>(options => options.AddInterceptors(away)));
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await Changes["lockout"](db, users, alice);
            away.Is = true;
        });

        away.Is = false;
        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        await shop.LoginAsync();
    }

    [Theory]
    [InlineData("password", true)]
    [InlineData("password", false)]
    [InlineData("lockout", true)]
    [InlineData("lockout", false)]
    public async Task A_commit_that_was_cancelled_before_it_began_ends_nothing(string change, bool rolledBack)
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await Changes[change](db, users, alice);
            await Should.ThrowAsync<OperationCanceledException>(transaction.CommitAsync(new CancellationToken(canceled: true)));
            (await shop.CanRefreshAsync(session)).ShouldBeTrue();
            await (rolledBack ? transaction.RollbackAsync() : Task.CompletedTask);
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        await shop.LoginAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_commit_that_is_cancelled_after_the_first_acts_takes_them_back(bool own)
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();
        using var cancel = new CancellationTokenSource();
        shop.Revocations.After(2, () => cancel.CancelAsync());

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            alice.LockoutEnd = Tomorrow;
            if (own)
            {
                await Should.ThrowAsync<OperationCanceledException>(db.SaveChangesAsync(cancel.Token));
                return;
            }

            await using var transaction = await db.Database.BeginTransactionAsync();
            await db.SaveChangesAsync();
            await Should.ThrowAsync<OperationCanceledException>(transaction.CommitAsync(cancel.Token));
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        await shop.LoginAsync();
    }

    [Fact]
    public async Task A_commit_that_was_cancelled_and_is_repeated_ends_the_sessions()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await Changes["password"](db, users, alice);
            await Should.ThrowAsync<OperationCanceledException>(transaction.CommitAsync(new CancellationToken(canceled: true)));
            await transaction.CommitAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_save_that_failed_half_way_without_a_savepoint_ends_the_sessions_with_the_commit_of_its_half()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            db.Database.AutoSavepointsEnabled = false;
            await using var transaction = await db.Database.BeginTransactionAsync();
            db.Users.Add(new() { UserName = "alice", NormalizedUserName = "ALICE" });
            await Should.ThrowAsync<DbUpdateException>(Changes["password"](db, users, alice));
            await transaction.CommitAsync();
        });

        (await shop.InScopeAsync(async scope =>
        {
            var users = scope.GetRequiredService<UserManager<ShopUser>>();
            return await users.CheckPasswordAsync((await users.FindByNameAsync("alice"))!, "Another-horse-2");
        })).ShouldBeTrue();
        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_context_that_is_gone_before_the_commit_of_its_transaction_has_its_changes_revoked(
        bool outbox, bool savepoint)
    {
        await using var shop = await OpenAsync(outbox);
        var session = await shop.LoginAsync();

        await shop.InScopeAsync(async outer =>
        {
            var first = outer.GetRequiredService<ShopDb>();
            await using var transaction = await first.Database.BeginTransactionAsync();
            await shop.ChangeAsync(async (db, users, alice) =>
            {
                db.Database.SetDbConnection(first.Database.GetDbConnection());
                await db.Database.UseTransactionAsync(transaction.GetDbTransaction());
                await Changes["password"](db, users, alice);
            });
            if (savepoint)
            {
                await transaction.CreateSavepointAsync("after");
                await transaction.RollbackToSavepointAsync("after");
            }

            await transaction.CommitAsync();
            return true;
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    private static async Task<Shop> OpenAsync(bool outbox = false)
    {
        var shop = await Shop.OpenAsync(outbox: outbox);
        await shop.RegisterAsync();
        await shop.InScopeAsync(scope => scope.GetRequiredService<RoleManager<IdentityRole>>().CreateAsync(new("admin")));
        return shop;
    }

    private sealed class Away : DbConnectionInterceptor
    {
        public bool Is { get; set; }

        public override ValueTask<InterceptionResult> ConnectionOpeningAsync(
            DbConnection connection, ConnectionEventData eventData, InterceptionResult result,
            CancellationToken cancellationToken = default) =>
            Is ? throw new IOException("the database is away") : ValueTask.FromResult(result);
    }
}
