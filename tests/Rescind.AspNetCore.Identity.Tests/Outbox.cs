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
