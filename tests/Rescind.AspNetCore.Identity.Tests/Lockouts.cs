using Microsoft.AspNetCore.Identity;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Revocations;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>A lockout is a block for as long as it lasts; a deletion leaves nobody a way back.</summary>
public sealed class Lockouts
{
    private static DateTimeOffset Tomorrow => DateTimeOffset.UtcNow.AddDays(1);

    public static TheoryData<DateTimeOffset> Ends => [Tomorrow, DateTimeOffset.MaxValue];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_lockout_refuses_tokens_refreshes_and_starts(DateTimeOffset end)
    {
        await using var shop = await Shop.OpenAsync();
        var id = await shop.RegisterAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, end));

        await shop.RefusesAsync(session);
        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
        await RefusesStartsAsync(shop, id);
    }

    [Fact]
    public async Task Lifting_the_lockout_lets_the_user_log_in_but_brings_no_session_back()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        var before = await shop.LoginAsync();
        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, DateTimeOffset.MaxValue));

        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, null));

        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
        (await shop.CanRefreshAsync(before)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_lockout_that_is_shortened_blocks_until_its_new_end_alone()
    {
        await using var shop = await Shop.OpenAsync();
        var id = await shop.RegisterAsync();
        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, DateTimeOffset.MaxValue));

        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, Tomorrow));

        var blocks = (await shop.Revocations.ListAsync(Match.Subject(id)))
            .Where(act => act is { Effect: Effect.Block, LiftedBy: null });
        DateTimeOffset.FromUnixTimeSeconds(blocks.ShouldHaveSingleItem().Second).ShouldBeLessThan(Tomorrow.AddMinutes(1));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_lockout_that_is_lifted_in_its_own_transaction_blocks_nobody(bool outbox, bool byHand)
    {
        await using var shop = await Shop.OpenAsync(outbox: outbox);
        await shop.RegisterAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            Func<DateTimeOffset?, Task> lockUntil = byHand
                ? end =>
                {
                    alice.LockoutEnd = end;
                    return db.SaveChangesAsync();
                }
                : end => users.SetLockoutEndDateAsync(alice, end);
            await lockUntil(Tomorrow);
            await lockUntil(null);
            await transaction.CommitAsync();
        });

        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
    }

    [Fact]
    public async Task A_lockout_that_is_shortened_in_its_own_transaction_blocks_until_its_new_end_alone()
    {
        await using var shop = await Shop.OpenAsync();
        var id = await shop.RegisterAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            (await users.SetLockoutEndDateAsync(alice, DateTimeOffset.MaxValue)).Succeeded.ShouldBeTrue();
            (await users.SetLockoutEndDateAsync(alice, Tomorrow)).Succeeded.ShouldBeTrue();
            await transaction.CommitAsync();
        });

        var block = (await shop.Revocations.ListAsync(Match.Subject(id))).Where(act => act.Effect == Effect.Block)
            .ShouldHaveSingleItem();
        DateTimeOffset.FromUnixTimeSeconds(block.Second).ShouldBeLessThan(Tomorrow.AddMinutes(1));
    }

    [Fact]
    public async Task An_unlocking_that_a_savepoint_may_have_taken_back_leaves_the_block_of_the_lockout()
    {
        await using var shop = await Shop.OpenAsync();
        var id = await shop.RegisterAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            (await users.SetLockoutEndDateAsync(alice, Tomorrow)).Succeeded.ShouldBeTrue();
            await transaction.CreateSavepointAsync("locked");
            (await users.SetLockoutEndDateAsync(alice, null)).Succeeded.ShouldBeTrue();
            await transaction.RollbackToSavepointAsync("locked");
            await transaction.CommitAsync();
        });

        await RefusesStartsAsync(shop, id);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_lockout_of_which_a_savepoint_left_nothing_blocks_nobody(bool outbox, bool lifted)
    {
        await using var shop = await Shop.OpenAsync(outbox: outbox);
        await shop.RegisterAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await transaction.CreateSavepointAsync("before");
            (await users.SetLockoutEndDateAsync(alice, DateTimeOffset.MaxValue)).Succeeded.ShouldBeTrue();
            if (lifted)
            {
                (await users.SetLockoutEndDateAsync(alice, null)).Succeeded.ShouldBeTrue();
                await transaction.CreateSavepointAsync("before");
            }

            db.Roles.Add(new("chief"));
            await db.SaveChangesAsync();
            await transaction.RollbackToSavepointAsync("before");
            await transaction.CommitAsync();
        });

        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
    }

    [Fact]
    public async Task A_lockout_that_a_savepoint_may_have_shortened_blocks_until_the_end_that_the_database_has()
    {
        await using var shop = await Shop.OpenAsync();
        var id = await shop.RegisterAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            (await users.SetLockoutEndDateAsync(alice, DateTimeOffset.MaxValue)).Succeeded.ShouldBeTrue();
            (await users.SetLockoutEndDateAsync(alice, Tomorrow)).Succeeded.ShouldBeTrue();
            await transaction.CreateSavepointAsync("shortened");
            await transaction.RollbackToSavepointAsync("shortened");
            await transaction.CommitAsync();
        });

        var blocks = (await shop.Revocations.ListAsync(Match.Subject(id)))
            .Where(act => act is { Effect: Effect.Block, LiftedBy: null });
        DateTimeOffset.FromUnixTimeSeconds(blocks.ShouldHaveSingleItem().Second).ShouldBeLessThan(Tomorrow.AddMinutes(1));
    }

    [Fact]
    public async Task A_lockout_that_failed_logins_shorten_blocks_until_its_new_end_alone()
    {
        await using var shop = await Shop.OpenAsync(identity: identity => identity.Lockout.MaxFailedAccessAttempts = 1);
        var id = await shop.RegisterAsync();
        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, DateTimeOffset.MaxValue));

        await shop.ChangeAsync((users, alice) => users.AccessFailedAsync(alice));

        var blocks = (await shop.Revocations.ListAsync(Match.Subject(id)))
            .Where(act => act is { Effect: Effect.Block, LiftedBy: null });
        DateTimeOffset.FromUnixTimeSeconds(blocks.ShouldHaveSingleItem().Second).ShouldBeLessThan(Tomorrow);
    }

    [Fact]
    public async Task A_lockout_moves_with_the_user_who_is_renamed()
    {
        await using var shop = await Shop.OpenAsync(revoke => revoke.Subject = UserSubject.UserName);
        await shop.RegisterAsync();
        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, Tomorrow));

        await shop.ChangeAsync((users, alice) => users.SetUserNameAsync(alice, "alicia"));

        await RefusesStartsAsync(shop, "alicia");
        await shop.RegisterAsync();
        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
    }

    [Fact]
    public async Task A_lockout_that_is_lifted_under_another_name_leaves_no_block_on_the_old_one()
    {
        await using var shop = await Shop.OpenAsync(revoke => revoke.Subject = UserSubject.UserName);
        await shop.RegisterAsync();
        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, Tomorrow));

        await shop.ChangeAsync((users, alice) => users.SetUserNameAsync(alice, "alicia"));
        await shop.ChangeAsync(async users => await users.SetLockoutEndDateAsync((await users.FindByNameAsync("alicia"))!, null));
        await shop.ChangeAsync(async users => await users.SetUserNameAsync((await users.FindByNameAsync("alicia"))!, "alice"));

        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
    }

    [Fact]
    public async Task Lifting_the_lockout_leaves_the_block_of_somebody_else()
    {
        await using var shop = await Shop.OpenAsync();
        var id = await shop.RegisterAsync();
        await shop.Revocations.RevokeAsync(
            new() { Match = Match.Subject(id), Effect = Effect.Block, Until = Tomorrow, Reason = "by court order" });
        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, Tomorrow));

        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, null));

        await RefusesStartsAsync(shop, id);
    }

    [Fact]
    public async Task A_lockout_is_lifted_at_the_second_attempt_if_the_first_could_not_be_recorded()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, Tomorrow));
        shop.Revocations.FailAt(1);
        var failure = await Should.ThrowAsync<RevocationNotRecordedException>(
            shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, null)));
        failure.ChangeWritten.ShouldBeTrue();

        await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, null));

        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Whoever_guesses_passwords_logs_nobody_out_unless_that_is_wanted(bool wanted, bool lives)
    {
        await using var shop = await Shop.OpenAsync(
            revoke => revoke.BlockAfterFailedLogins = wanted, identity: identity => identity.Lockout.MaxFailedAccessAttempts = 1);
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (users, alice) =>
        {
            var result = await users.AccessFailedAsync(alice);
            (await users.IsLockedOutAsync(alice)).ShouldBeTrue();
            return result;
        });

        (await shop.CanRefreshAsync(session)).ShouldBe(lives);
    }

    [Fact]
    public async Task A_login_that_was_half_done_when_the_user_was_deleted_cannot_come_back()
    {
        await using var shop = await Shop.OpenAsync();
        var id = await shop.RegisterAsync();

        await shop.ChangeAsync((users, alice) => users.DeleteAsync(alice));

        await RefusesStartsAsync(shop, id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_name_of_a_deleted_user_that_is_registered_again_can_log_in_and_brings_no_session_back(bool locked)
    {
        await using var shop = await Shop.OpenAsync(revoke => revoke.Subject = UserSubject.UserName);
        await shop.RegisterAsync();
        var before = await shop.LoginAsync();
        if (locked)
        {
            await shop.ChangeAsync((users, alice) => users.SetLockoutEndDateAsync(alice, DateTimeOffset.MaxValue));
        }

        await shop.ChangeAsync((users, alice) => users.DeleteAsync(alice));
        await shop.RegisterAsync();

        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
        (await shop.CanRefreshAsync(before)).ShouldBeFalse();
        await shop.RefusesAsync(before);
    }

    [Fact]
    public async Task A_name_of_a_deleted_user_that_somebody_else_blocked_stays_blocked()
    {
        await using var shop = await Shop.OpenAsync(revoke => revoke.Subject = UserSubject.UserName);
        await shop.RegisterAsync();
        await shop.Revocations.RevokeAsync(
            new() { Match = Match.Subject("alice"), Effect = Effect.Block, Until = Tomorrow, Reason = "by court order" });

        await shop.ChangeAsync((users, alice) => users.DeleteAsync(alice));
        await shop.RegisterAsync();

        (await Should.ThrowAsync<SessionRefusedException>(shop.LoginAsync())).Code.ShouldBe("RSC1309");
    }

    [Fact]
    public async Task A_deletion_that_the_store_refuses_blocks_nobody()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();

        (await shop.InScopeAsync(async scope =>
        {
            var users = (UserManager<ShopUser>)scope.GetService(typeof(UserManager<ShopUser>))!;
            var alice = (await users.FindByNameAsync("alice"))!;
            alice.ConcurrencyStamp = "of another version";
            var db = (ShopDb)scope.GetService(typeof(ShopDb))!;
            db.Entry(alice).Property(user => user.ConcurrencyStamp).OriginalValue = "of another version";
            return await users.DeleteAsync(alice);
        })).Succeeded.ShouldBeFalse();

        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
    }

    private static async Task RefusesStartsAsync(Shop shop, string subject)
    {
        var refused = await Should.ThrowAsync<SessionRefusedException>(
            shop.InScopeAsync(scope => ((ISessions)scope.GetService(typeof(ISessions))!).StartAsync(subject)));
        refused.Code.ShouldBe("RSC1309");
    }
}
