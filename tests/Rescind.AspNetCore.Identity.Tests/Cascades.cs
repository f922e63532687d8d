using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>A user may be deleted with something else.</summary>
public sealed class Cascades
{
    [Theory]
    [InlineData(CascadeTiming.Immediate, true)]
    [InlineData(CascadeTiming.Immediate, false)]
    [InlineData(CascadeTiming.OnSaveChanges, true)]
    [InlineData(CascadeTiming.OnSaveChanges, false)]
    public async Task A_user_who_is_deleted_with_what_holds_them_is_logged_out(CascadeTiming timing, bool orphaned)
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync(async (db, _, alice) =>
        {
            (db.ChangeTracker.CascadeDeleteTiming, db.ChangeTracker.DeleteOrphansTiming) = (timing, timing);
            var company = await db.Set<Company>().Include(all => all.People).SingleAsync();
            if (orphaned)
            {
                company.People.Clear();
            }
            else
            {
                db.Remove(company);
            }

            await db.SaveChangesAsync();
        });

        (await shop.InScopeAsync(scope => scope.GetRequiredService<ShopDb>().Users.AnyAsync())).ShouldBeFalse();
        await shop.RefusesAsync(session);
    }

    [Fact]
    public async Task A_user_whom_the_database_alone_deletes_along_is_logged_out_by_the_next_refresh()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();

        await shop.InScopeAsync(async scope =>
        {
            var db = scope.GetRequiredService<ShopDb>();
            db.Remove(await db.Set<Company>().SingleAsync());
            return await db.SaveChangesAsync();
        });

        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    private static async Task<Shop> OpenAsync()
    {
        var shop = await Shop.OpenAsync(services: static all => all.AddScoped<ShopDb>(static provider => new CompanyDb(
            new DbContextOptionsBuilder<CompanyDb>()
                .UseSqlite($"Data Source={provider.GetRequiredService<IConfiguration>()["Rescind:Data"]}/shop.db")
                .FollowForRescind(provider).Options)));
        await shop.InScopeAsync(scope =>
        {
            var db = scope.GetRequiredService<ShopDb>();
            db.Add(new Company { People = { new() { UserName = "alice", NormalizedUserName = "ALICE" } } });
            return db.SaveChangesAsync();
        });
        return shop;
    }

    private sealed class Company
    {
        public int Id { get; set; }

        public List<ShopUser> People { get; } = [];
    }

    private sealed class CompanyDb(DbContextOptions options) : ShopDb(options)
    {
        protected override void OnModelCreating(ModelBuilder builder)
        {
            base.OnModelCreating(builder);
            builder.Entity<Company>().HasMany(company => company.People).WithOne().HasForeignKey("CompanyId").IsRequired()
                .OnDelete(DeleteBehavior.Cascade);
        }
    }
}
