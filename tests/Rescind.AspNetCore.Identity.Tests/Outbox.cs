using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Saving;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>With an outbox in the model nothing is lost between a commit and what it revokes.</summary>
public sealed class Outbox
{
    private static DateTimeOffset Tomorrow => DateTimeOffset.UtcNow.AddDays(1);

    [Fact]
    public async Task What_is_revoked_leaves_the_outbox_empty()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync((users, alice) => users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2"));
        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await users.AddClaimAsync(alice, new("desk", "7"));
            await transaction.CommitAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
        (await CountAsync(shop)).ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_crash_left_undone_is_done_by_the_next_login_or_by_the_delivery(bool login)
    {
        await using var shop = await OpenAsync();
        var between = await LeaveOwedAsync(shop);
        (await CountAsync(shop)).ShouldBe(1);
        (await shop.CanRefreshAsync(between)).ShouldBeTrue();

        var later = login ? await shop.LoginAsync() : null;
        (await shop.InScopeAsync(scope => scope.GetRequiredService<OwedRevocations>().DeliverAsync(null))).ShouldBeTrue();

        (await shop.CanRefreshAsync(between)).ShouldBeFalse();
        (later is null || await shop.CanRefreshAsync(later)).ShouldBeTrue();
        (await CountAsync(shop)).ShouldBe(0);
    }

    [Fact]
    public async Task What_a_crash_left_undone_does_not_wait_for_a_clock_that_was_set_back()
    {
        await using var shop = await OpenAsync();
        var between = await LeaveOwedAsync(shop);
        await shop.InScopeAsync(scope => scope.GetRequiredService<ShopDb>().Set<OwedRevocation>().ExecuteUpdateAsync(
            static row => row.SetProperty(static one => one.WrittenAt, static one => one.WrittenAt + 3600)));

        await shop.InScopeAsync(scope => scope.GetRequiredService<OwedRevocations>().DeliverAsync(null, TimeSpan.FromSeconds(5)));

        (await shop.CanRefreshAsync(between)).ShouldBeFalse();
        (await CountAsync(shop)).ShouldBe(0);
    }

    [Fact]
    public async Task The_login_of_somebody_else_delivers_nothing()
    {
        await using var shop = await OpenAsync();
        await shop.RegisterAsync("bob");
        await LeaveOwedAsync(shop);

        await shop.LoginAsync("bob");

        (await CountAsync(shop)).ShouldBe(1);
    }

    [Fact]
    public async Task A_transaction_that_EF_Core_did_not_begin_is_revoked_by_the_outbox()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await db.Database.OpenConnectionAsync();
            await using var raw = await db.Database.GetDbConnection().BeginTransactionAsync();
            await db.Database.UseTransactionAsync(raw);
            (await users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2")).Succeeded.ShouldBeTrue();
            await raw.CommitAsync();
        });
        await shop.LoginAsync();

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_change_that_a_savepoint_rolled_back_ends_nothing()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await transaction.CreateSavepointAsync("before");
            (await users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2")).Succeeded.ShouldBeTrue();
            await transaction.RollbackToSavepointAsync("before");
            await transaction.CommitAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        (await CountAsync(shop)).ShouldBe(0);
    }

    [Fact]
    public async Task A_change_that_is_refused_leaves_nothing_in_the_outbox()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await shop.ChangeAsync((others, same) => others.SetLockoutEnabledAsync(same, false));
            (await users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2")).Succeeded.ShouldBeFalse();
            db.Entry(alice).State = EntityState.Detached;
            db.Roles.Add(new("chief"));
            await db.SaveChangesAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        (await CountAsync(shop)).ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_save_whose_changes_are_accepted_later_ends_the_sessions_with_its_commit(bool savepoint)
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            alice.PasswordHash = users.PasswordHasher.HashPassword(alice, "Another-horse-2");
            await db.SaveChangesAsync(acceptAllChangesOnSuccess: false);
            if (savepoint)
            {
                await transaction.CreateSavepointAsync("after");
                await transaction.RollbackToSavepointAsync("after");
            }

            await transaction.CommitAsync();
            db.ChangeTracker.AcceptAllChanges();
            await db.SaveChangesAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
        (await CountAsync(shop)).ShouldBe(0);
    }

    [Fact]
    public async Task A_save_that_an_execution_strategy_commits_ends_the_sessions_once()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            alice.PasswordHash = users.PasswordHasher.HashPassword(alice, "Another-horse-2");
            await db.Database.CreateExecutionStrategy().ExecuteInTransactionAsync(
                db, static (same, cancel) => same.SaveChangesAsync(false, cancel), static (_, _) => Task.FromResult(true));
            db.ChangeTracker.AcceptAllChanges();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
        (await CountAsync(shop)).ShouldBe(0);
    }

    [Fact]
    public async Task A_save_that_is_rolled_back_and_repeated_leaves_nothing_in_the_outbox()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            alice.PasswordHash = users.PasswordHasher.HashPassword(alice, "Another-horse-2");
            foreach (var commits in new[] { false, true })
            {
                await using var transaction = await db.Database.BeginTransactionAsync();
                await db.SaveChangesAsync(acceptAllChangesOnSuccess: false);
                await (commits ? transaction.CommitAsync() : transaction.RollbackAsync());
            }
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
        (await CountAsync(shop)).ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_change_that_was_rolled_back_leaves_room_for_that_of_another_user(bool savepoint)
    {
        await using var shop = await OpenAsync();
        await shop.RegisterAsync("bob");
        var (alices, bobs) = (await shop.LoginAsync(), await shop.LoginAsync("bob"));

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            var bob = (await users.FindByNameAsync("bob"))!;
            await using var transaction = await db.Database.BeginTransactionAsync();
            await transaction.CreateSavepointAsync("before");
            (await users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2")).Succeeded.ShouldBeTrue();
            await (savepoint ? transaction.RollbackToSavepointAsync("before") : transaction.RollbackAsync());
            (await users.ChangePasswordAsync(bob, Shop.Password, "Another-horse-2")).Succeeded.ShouldBeTrue();
            await (savepoint ? transaction.CommitAsync() : Task.CompletedTask);
        });

        (await shop.CanRefreshAsync(bobs)).ShouldBeFalse();
        (await shop.CanRefreshAsync(alices)).ShouldBeTrue();
        (await CountAsync(shop)).ShouldBe(0);
    }

    [Fact]
    public async Task A_change_that_another_one_has_overtaken_takes_none_before_it_along()
    {
        await using var shop = await OpenAsync();
        await shop.RegisterAsync("bob");
        var (alices, bobs) = (await shop.LoginAsync(), await shop.LoginAsync("bob"));

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            var bob = (await users.FindByNameAsync("bob"))!;
            await shop.ChangeAsync(
                async others => await others.SetLockoutEnabledAsync((await others.FindByNameAsync("bob"))!, false));
            await using var transaction = await db.Database.BeginTransactionAsync();
            (await users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2")).Succeeded.ShouldBeTrue();
            (await users.ChangePasswordAsync(bob, Shop.Password, "Another-horse-2")).Succeeded.ShouldBeFalse();
            await transaction.CommitAsync();
        });

        (await shop.CanRefreshAsync(alices)).ShouldBeFalse();
        (await shop.CanRefreshAsync(bobs)).ShouldBeTrue();
        (await CountAsync(shop)).ShouldBe(0);
    }

    [Fact]
    public async Task A_lockout_that_is_delivered_after_it_was_taken_back_blocks_nobody()
    {
        await using var shop = await OpenAsync();
        shop.Revocations.FailAt(3);
        await Should.ThrowAsync<RevocationNotRecordedException>(
            shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, Tomorrow)));
        (await CountAsync(shop)).ShouldBe(1);

        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, null));

        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
        (await CountAsync(shop)).ShouldBe(0);
    }

    [Fact]
    public async Task A_lockout_that_is_delivered_while_it_lasts_blocks()
    {
        await using var shop = await OpenAsync();
        shop.Revocations.FailAt(3);
        await Should.ThrowAsync<RevocationNotRecordedException>(
            shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, Tomorrow)));

        await shop.InScopeAsync(scope => scope.GetRequiredService<OwedRevocations>().DeliverAsync(null));

        (await BlocksAsync(shop)).ShouldNotBeEmpty();
        (await CountAsync(shop)).ShouldBe(0);
    }

    [Fact]
    public async Task An_unlocking_that_is_delivered_after_a_new_lockout_leaves_its_block()
    {
        await using var shop = await OpenAsync();
        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, Tomorrow));
        shop.Revocations.FailAt(1);
        await Should.ThrowAsync<RevocationNotRecordedException>(
            shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, null)));
        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, Tomorrow.AddDays(1)));

        await shop.InScopeAsync(scope => scope.GetRequiredService<OwedRevocations>().DeliverAsync(null));

        (await BlocksAsync(shop)).ShouldHaveSingleItem();
        (await CountAsync(shop)).ShouldBe(0);
    }

    private static async Task<IEnumerable<Revocation>> BlocksAsync(Shop shop)
    {
        var alice = await shop.InScopeAsync(scope => scope.GetRequiredService<UserManager<ShopUser>>().FindByNameAsync("alice"));
        return (await shop.Revocations.ListAsync(Match.Subject(alice!.Id)))
            .Where(act => act is { Effect: Effect.Block, LiftedBy: null });
    }

    // A login in between, and then the second act fails as if the process had died right after the commit.
    private static async Task<StartedSession> LeaveOwedAsync(Shop shop)
    {
        StartedSession? between = null;
        shop.Revocations.After(1, async () => between = await shop.LoginAsync());
        shop.Revocations.FailAt(2);
        await Should.ThrowAsync<RevocationNotRecordedException>(
            shop.ChangeAsync((users, alice) => users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2")));
        return between!;
    }

    private static Task<int> CountAsync(Shop shop) =>
        shop.InScopeAsync(scope => scope.GetRequiredService<ShopDb>().Set<OwedRevocation>().CountAsync());

    private static async Task<Shop> OpenAsync()
    {
        var shop = await Shop.OpenAsync(outbox: true);
        await shop.RegisterAsync();
        return shop;
    }
}
