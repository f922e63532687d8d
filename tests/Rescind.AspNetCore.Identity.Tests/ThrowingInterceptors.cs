using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>
/// An interceptor of the application may throw anywhere, before ours or after them: what counts is what was committed.
/// </summary>
public sealed class ThrowingInterceptors
{
    private static DateTimeOffset Tomorrow => DateTimeOffset.UtcNow.AddDays(1);

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_save_that_an_interceptor_stopped_has_nothing_to_do_with_the_next_commit(bool first, bool byHand)
    {
        var interceptor = new ThrowingInterceptor();
        await using var shop = await OpenAsync(interceptor, first);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            interceptor.Stops = "saving";
            alice.LockoutEnd = byHand ? Tomorrow : null;
            await Should.ThrowAsync<InvalidDataException>(
                byHand ? db.SaveChangesAsync() : users.SetLockoutEndDateAsync(alice, Tomorrow));
            db.ChangeTracker.Clear();
            await using var transaction = await db.Database.BeginTransactionAsync();
            await db.Database.ExecuteSqlRawAsync("update AspNetUsers set AccessFailedCount = 1");
            await transaction.CommitAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_save_that_an_interceptor_stopped_ends_the_sessions_when_it_is_repeated(bool first)
    {
        var interceptor = new ThrowingInterceptor();
        await using var shop = await OpenAsync(interceptor, first);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            interceptor.Stops = "saving";
            await Should.ThrowAsync<InvalidDataException>(users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2"));
            await db.SaveChangesAsync();
            db.Database.AutoTransactionBehavior.ShouldBe(AutoTransactionBehavior.WhenNeeded);
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_commit_that_an_interceptor_stopped_ends_nothing(bool first, bool own)
    {
        var interceptor = new ThrowingInterceptor();
        await using var shop = await OpenAsync(interceptor, first);
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = own ? null : await db.Database.BeginTransactionAsync();
            interceptor.Stops = "committing";
            await Should.ThrowAsync<InvalidDataException>(async () =>
            {
                await users.SetLockoutEndDateAsync(alice, Tomorrow);
                await transaction!.CommitAsync();
            });
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        await shop.LoginAsync();
    }

    [Theory]
    [InlineData("saved", true, true)]
    [InlineData("saved", true, false)]
    [InlineData("saved", false, true)]
    [InlineData("saved", false, false)]
    [InlineData("committed", true, true)]
    [InlineData("committed", true, false)]
    [InlineData("committed", false, true)]
    [InlineData("committed", false, false)]
    public async Task An_interceptor_that_throws_when_everything_is_written_hides_nothing(string at, bool first, bool own)
    {
        var interceptor = new ThrowingInterceptor();
        await using var shop = await OpenAsync(interceptor, first);
        var session = await shop.LoginAsync();
        StartedSession? between = null;
        shop.Revocations.After(1, async () => between = await shop.LoginAsync());

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            if (own)
            {
                interceptor.Stops = at;
                await Should.ThrowAsync<InvalidDataException>(ChangePasswordAsync(users, alice));
                return;
            }

            await using var transaction = await db.Database.BeginTransactionAsync();
            interceptor.Stops = at;
            await TryAsync(() => ChangePasswordAsync(users, alice));
            await TryAsync(() => transaction.CommitAsync());
        });

        interceptor.Stops.ShouldBeNull();
        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
        (await shop.CanRefreshAsync(between!)).ShouldBeFalse();
    }

    private static Task<IdentityResult> ChangePasswordAsync(UserManager<ShopUser> users, ShopUser alice) =>
        users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2");

    private static async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (InvalidDataException)
        {
            // Of the interceptor, in one of two places.
        }
    }

    private static async Task<Shop> OpenAsync(ThrowingInterceptor interceptor, bool first)
    {
        var shop = await Shop.OpenAsync(services: all => Add(all, interceptor, first));
        await shop.RegisterAsync();
        return shop;
    }

    // Before ours or after them.
    private static void Add(IServiceCollection services, ThrowingInterceptor interceptor, bool first)
    {
        var configured = new ServiceCollection();
        configured.ConfigureDbContext<ShopDb>(options => options.AddInterceptors(interceptor.Transactions, interceptor));
        services.Insert(first ? 0 : services.Count, configured.Single());
    }
}
