using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>
/// Stores of EF Core that are not like its own: without transactions, pooled, or with a way of their own to the rows.
/// </summary>
public sealed class OtherStores
{
    private static readonly Dictionary<string, Action<IServiceCollection>> Stores = new()
    {
        ["in memory"] = static all => all.AddScoped(static provider => new ShopDb(new DbContextOptionsBuilder<ShopDb>()
            .UseInMemoryDatabase(
                provider.GetRequiredService<Microsoft.Extensions.Configuration.IConfiguration>()["Rescind:Data"]!)
            .FollowForRescind(provider).Options)),
        ["pooled"] = static all => all.AddPooledDbContextFactory<ShopDb>(static _ => { })
            .AddScoped(static provider => provider.GetRequiredService<IDbContextFactory<ShopDb>>().CreateDbContext()),
        ["by rows"] = static all => all.AddScoped<IUserStore<ShopUser>, RowStore>(),
    };

    public static TheoryData<string> Names => [.. Stores.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_hash_set_on_a_user_from_a_query_ends_the_sessions(string store)
    {
        await using var shop = await Shop.OpenAsync(services: Stores[store]);
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async users =>
        {
            var alice = await users.Users.SingleAsync();
            alice.PasswordHash = users.PasswordHasher.HashPassword(alice, "Another-horse-2");
            return await users.UpdateAsync(alice);
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_update_without_a_change_ends_nothing(string store)
    {
        await using var shop = await Shop.OpenAsync(services: Stores[store]);
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async users => await users.UpdateAsync(await users.Users.SingleAsync()));

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_deletion_ends_the_sessions(string store)
    {
        await using var shop = await Shop.OpenAsync(services: Stores[store]);
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync((users, alice) => users.DeleteAsync(alice));

        await shop.RefusesAsync(session);
        (await shop.Revocations.ListAsync(Match.Subject(session.Subject))).Count(act => act.Effect == Effect.End).ShouldBe(2);
    }

    [Fact]
    public async Task What_a_store_without_transactions_refuses_is_taken_back()
    {
        await using var shop = await Shop.OpenAsync(services: Stores["in memory"]);
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await shop.ChangeAsync((others, same) => others.SetLockoutEnabledAsync(same, false));
            (await users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2")).Succeeded.ShouldBeFalse();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Fact]
    public async Task What_was_never_saved_is_nothing_to_the_next_use_of_a_pooled_context()
    {
        await using var shop = await Shop.OpenAsync(services: Stores["pooled"]);
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, alice) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            (await users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2")).Succeeded.ShouldBeTrue();
        });
        await shop.ChangeAsync((users, alice) => users.SetLockoutEnabledAsync(alice, false));

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    private sealed class RowStore(ShopDb db) : UserStore<ShopUser, IdentityRole, ShopDb>(db)
    {
        public override async Task<IdentityResult> UpdateAsync(ShopUser user, CancellationToken cancellationToken = default)
        {
            var rows = await Context.Users.Where(row => row.Id == user.Id).ExecuteUpdateAsync(
                row => row.SetProperty(one => one.PasswordHash, user.PasswordHash)
                    .SetProperty(one => one.SecurityStamp, user.SecurityStamp),
                cancellationToken);
            return rows == 1 ? IdentityResult.Success : IdentityResult.Failed();
        }

        public override async Task<IdentityResult> DeleteAsync(ShopUser user, CancellationToken cancellationToken = default) =>
            await Context.Users.Where(row => row.Id == user.Id).ExecuteDeleteAsync(cancellationToken) == 1
                ? IdentityResult.Success : IdentityResult.Failed();
    }
}
