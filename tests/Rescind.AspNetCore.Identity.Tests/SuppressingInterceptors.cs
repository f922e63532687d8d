using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Revocations;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>
/// An interceptor of the application may let EF Core leave out an exception, a save or a commit, before ours is asked
/// or after it: what counts is what was committed.
/// </summary>
public sealed class SuppressingInterceptors
{
    private static readonly Dictionary<string, Func<ShopDb, UserManager<ShopUser>, ShopUser, Task>> Changes = new()
    {
        ["hash set by hand"] = static (_, _, alice) =>
        {
            alice.PasswordHash = "another";
            return Task.CompletedTask;
        },
        ["locked out by hand"] = static (_, _, alice) =>
        {
            alice.LockoutEnd = Tomorrow;
            return Task.CompletedTask;
        },
        ["removed by hand"] = static (db, _, alice) =>
        {
            db.Remove(alice);
            return Task.CompletedTask;
        },
        ["password changed, saved later"] = static (_, users, alice) =>
        {
            Transactions.SaveLater(users);
            return users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2");
        },
        ["password changed"] = static (_, users, alice) => users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2"),
    };

    private static DateTimeOffset Tomorrow => DateTimeOffset.UtcNow.AddDays(1);

    public static MatrixTheoryData<string, bool, bool> Ways => new(Changes.Keys, [true, false], [true, false]);

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_conflict_that_is_suppressed_hides_nothing_that_is_committed(string way, bool first, bool own)
    {
        var interceptor = new SuppressingInterceptor { Conflicts = true };
        await using var shop = await OpenAsync(interceptor, first);
        var session = await shop.LoginAsync();
        StartedSession? between = null;
        shop.Revocations.After(1, async () => between ??= await TryLoginAsync(shop));

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = own ? null : await db.Database.BeginTransactionAsync();
            await RemoveWhatIsGoneAsync(db);
            await Changes[way](db, users, alice);
            await db.SaveChangesAsync();
            await (transaction?.CommitAsync() ?? Task.CompletedTask);
            db.Database.AutoTransactionBehavior.ShouldBe(AutoTransactionBehavior.WhenNeeded);
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
        (between is not null && await shop.CanRefreshAsync(between)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_conflict_that_is_suppressed_leaves_the_outbox_empty(bool own)
    {
        var interceptor = new SuppressingInterceptor { Conflicts = true };
        await using var shop = await OpenAsync(interceptor, false, outbox: true);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = own ? null : await db.Database.BeginTransactionAsync();
            await RemoveWhatIsGoneAsync(db);
            alice.PasswordHash = "another";
            await db.SaveChangesAsync();
            await (transaction?.CommitAsync() ?? Task.CompletedTask);
            (await db.Database.SqlQueryRaw<int>("select count(*) as Value from RescindOutbox").SingleAsync()).ShouldBe(0);
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lockout_that_was_overtaken_and_left_out_of_a_save_blocks_nobody(bool own)
    {
        var interceptor = new SuppressingInterceptor { Conflicts = true };
        await using var shop = await OpenAsync(interceptor, true);

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = own ? null : await db.Database.BeginTransactionAsync();
            await db.Database.ExecuteSqlRawAsync("update AspNetUsers set ConcurrencyStamp = 'newer'");
            alice.LockoutEnd = Tomorrow;
            db.Roles.Add(new("chief"));
            await db.SaveChangesAsync();
            await (transaction?.CommitAsync() ?? Task.CompletedTask);
        });

        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task After_a_conflict_that_was_thrown_the_next_commit_is_about_its_own_changes_alone(bool first, bool held)
    {
        await using var shop = await OpenAsync(new(), first);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await (held ? db.Database.OpenConnectionAsync() : Task.CompletedTask);
            await RemoveWhatIsGoneAsync(db);
            alice.LockoutEnd = Tomorrow;
            await Should.ThrowAsync<DbUpdateConcurrencyException>(db.SaveChangesAsync());
            db.ChangeTracker.Clear();
            await using var transaction = await db.Database.BeginTransactionAsync();
            db.Roles.Add(new("chief"));
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
            db.Database.AutoTransactionBehavior.ShouldBe(AutoTransactionBehavior.WhenNeeded);
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, true)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    [InlineData(false, false, false)]
    public async Task A_save_that_was_left_out_ends_nothing_until_it_is_made(bool first, bool own, bool byHand)
    {
        var interceptor = new SuppressingInterceptor();
        await using var shop = await OpenAsync(interceptor, first);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = own ? null : await db.Database.BeginTransactionAsync();
            interceptor.Saves = true;
            alice.LockoutEnd = byHand ? Tomorrow : null;
            await (byHand ? (Task)db.SaveChangesAsync() : users.SetLockoutEndDateAsync(alice, Tomorrow));
            interceptor.Saves = false;
            await (transaction?.CommitAsync() ?? Task.CompletedTask);

            (await shop.CanRefreshAsync(session)).ShouldBeTrue();
            session = await shop.LoginAsync();
            await db.SaveChangesAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
        await Should.ThrowAsync<SessionRefusedException>(shop.LoginAsync());
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_commit_that_was_left_out_blocks_nobody(bool first, bool own)
    {
        var interceptor = new SuppressingInterceptor();
        await using var shop = await OpenAsync(interceptor, first);
        var session = await shop.LoginAsync();
        interceptor.Commits = true;

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using (var transaction = own ? null : await db.Database.BeginTransactionAsync())
            {
                await users.SetLockoutEndDateAsync(alice, Tomorrow);
                await (transaction?.CommitAsync() ?? Task.CompletedTask);
            }
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task What_an_interceptor_changes_in_the_last_moment_is_revoked_or_refused_with_an_outbox(bool own, bool outbox)
    {
        var interceptor = new SuppressingInterceptor();
        await using var shop = await OpenAsync(interceptor, false, outbox);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = own ? null : await db.Database.BeginTransactionAsync();
            interceptor.BeforeSave = _ => alice.PasswordHash = "another";
            alice.AccessFailedCount = 1;
            await (outbox ? RefusesAsync(db) : db.SaveChangesAsync());
            await (transaction?.CommitAsync() ?? Task.CompletedTask);
            db.Database.AutoTransactionBehavior.ShouldBe(AutoTransactionBehavior.WhenNeeded);
        });

        var hash = await shop.InScopeAsync(
            scope => scope.GetRequiredService<ShopDb>().Users.Select(user => user.PasswordHash).SingleAsync());
        (hash == "another").ShouldBe(!outbox);
        (await shop.CanRefreshAsync(session)).ShouldBe(outbox);
    }

    private static async Task RefusesAsync(ShopDb db) =>
        (await Should.ThrowAsync<DbUpdateException>(db.SaveChangesAsync())).InnerException!.Message.ShouldStartWith("RSC6104");

    // Another request was faster.
    private static async Task RemoveWhatIsGoneAsync(ShopDb db)
    {
        var claim = await db.UserClaims.SingleAsync();
        await db.Database.ExecuteSqlRawAsync("delete from AspNetUserClaims");
        db.Remove(claim);
    }

    private static async Task<StartedSession?> TryLoginAsync(Shop shop)
    {
        try
        {
            return await shop.LoginAsync();
        }
        catch (SessionRefusedException)
        {
            return null;
        }
    }

    private static async Task<Shop> OpenAsync(SuppressingInterceptor interceptor, bool first, bool outbox = false)
    {
        var shop = await Shop.OpenAsync(outbox: outbox, services: all =>
        {
            if (outbox)
            {
                interceptor.AddTo<OutboxDb>(all, first);
            }
            else
            {
                interceptor.AddTo<ShopDb>(all, first);
            }
        });
        await shop.RegisterAsync();
        await shop.ChangeAsync((users, alice) => users.AddClaimAsync(alice, new("desk", "7")));
        return shop;
    }
}
