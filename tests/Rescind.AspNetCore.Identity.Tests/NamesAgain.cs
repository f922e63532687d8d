using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rescind.AspNetCore.Identity.Tests.Support;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>
/// A subject may come back after its user went without a word, by an operation on rows or by SQL: nobody inherits its sessions.
/// </summary>
public sealed class NamesAgain
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_name_that_is_registered_again_inherits_no_session(bool byHand)
    {
        await using var shop = await OpenAsync();
        var before = await shop.LoginAsync();
        await DeletePastTheTrackerAsync(shop);

        await (byHand ? (Task)AddAsync(shop, new() { UserName = "alice", NormalizedUserName = "ALICE" }) : shop.RegisterAsync());

        await shop.RefusesAsync(before);
        (await shop.CanRefreshAsync(before)).ShouldBeFalse();
        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_name_that_is_registered_again_in_a_transaction_inherits_no_session_once_that_is_committed(bool committed)
    {
        await using var shop = await OpenAsync();
        var before = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, users, _) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await db.Users.ExecuteDeleteAsync();
            db.ChangeTracker.Clear();
            (await users.CreateAsync(new() { UserName = "alice" }, Shop.Password)).Succeeded.ShouldBeTrue();
            await (committed ? transaction.CommitAsync() : transaction.RollbackAsync());
        });

        (await shop.CanRefreshAsync(before)).ShouldBe(!committed);
    }

    [Fact]
    public async Task A_name_that_is_registered_again_in_a_store_without_a_database_context_inherits_no_session()
    {
        await using var shop = await Shop.OpenAsync(
            revoke => revoke.Subject = UserSubject.UserName, all => all.AddSingleton<IUserStore<ShopUser>, PlainStore>());
        await shop.RegisterAsync();
        var before = await shop.LoginAsync();
        await shop.InScopeAsync(async scope =>
        {
            var store = scope.GetRequiredService<IUserStore<ShopUser>>();
            return await store.DeleteAsync(
                (await store.FindByNameAsync("ALICE", CancellationToken.None))!, CancellationToken.None);
        });

        await shop.RegisterAsync();

        (await shop.CanRefreshAsync(before)).ShouldBeFalse();
    }

    [Fact]
    public async Task An_id_that_is_used_again_inherits_no_session()
    {
        await using var shop = await Shop.OpenAsync();
        var id = await shop.RegisterAsync();
        var before = await shop.LoginAsync();
        await DeletePastTheTrackerAsync(shop);

        await shop.ChangeAsync(users => users.CreateAsync(new() { Id = id, UserName = "alice" }, Shop.Password));

        await shop.RefusesAsync(before);
        (await shop.CanRefreshAsync(before)).ShouldBeFalse();
    }

    [Fact]
    public async Task Somebody_who_takes_a_name_that_is_free_inherits_no_session()
    {
        await using var shop = await OpenAsync();
        var before = await shop.LoginAsync();
        await DeletePastTheTrackerAsync(shop);
        await shop.RegisterAsync("carol");

        await shop.ChangeAsync(async users => await users.SetUserNameAsync((await users.FindByNameAsync("carol"))!, "alice"));

        await shop.RefusesAsync(before);
        (await shop.CanRefreshAsync(before)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_name_that_differs_by_its_case_does_not_refresh_the_sessions_of_the_one_before()
    {
        await using var shop = await OpenAsync();
        var before = await shop.LoginAsync();
        await DeletePastTheTrackerAsync(shop);

        await shop.RegisterAsync("Alice");

        (await shop.CanRefreshAsync(before)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_registration_under_a_name_that_is_taken_ends_nothing()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        (await shop.InScopeAsync(scope => scope.GetRequiredService<UserManager<ShopUser>>()
            .CreateAsync(new() { UserName = "alice" }, Shop.Password))).Succeeded.ShouldBeFalse();
        await Should.ThrowAsync<DbUpdateException>(AddAsync(shop, new() { UserName = "alice", NormalizedUserName = "ALICE" }));

        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_user_may_be_created_before_the_Authority_is_open()
    {
        await using var shop = await Shop.OpenAsync(
            services: all => all.Insert(0, ServiceDescriptor.Singleton<IHostedService, FirstUser>()));

        (await shop.CanRefreshAsync(await shop.LoginAsync())).ShouldBeTrue();
    }

    [Fact]
    public async Task A_registration_of_somebody_new_revokes_nothing()
    {
        await using var shop = await OpenAsync();

        (await shop.Revocations.ListAsync(Match.Subject("alice"))).ShouldBeEmpty();
    }

    private sealed class FirstUser(IServiceProvider provider) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            await using var scope = provider.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<ShopDb>().Database.EnsureCreatedAsync(cancellationToken);
            await scope.ServiceProvider.GetRequiredService<UserManager<ShopUser>>()
                .CreateAsync(new() { UserName = "alice" }, Shop.Password);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private static Task<int> DeletePastTheTrackerAsync(Shop shop) =>
        shop.InScopeAsync(scope => scope.GetRequiredService<ShopDb>().Users.ExecuteDeleteAsync());

    private static Task<int> AddAsync(Shop shop, ShopUser user) => shop.InScopeAsync(scope =>
    {
        var db = scope.GetRequiredService<ShopDb>();
        db.Users.Add(user);
        return db.SaveChangesAsync();
    });

    private static async Task<Shop> OpenAsync()
    {
        var shop = await Shop.OpenAsync(revoke => revoke.Subject = UserSubject.UserName);
        await shop.RegisterAsync();
        return shop;
    }
}
