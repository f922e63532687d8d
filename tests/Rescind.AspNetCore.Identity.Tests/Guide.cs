using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>The code of docs/guide/aspnetcore-identity.md and docs/guide/transactions.md that is not the sample's.</summary>
public sealed class Guide
{
    [Fact]
    public async Task Several_types_of_users_as_the_guide_has_them()
    {
        var folder = Directory.CreateTempSubdirectory("rescind-guide-").FullName;
        var builder = WebApplication.CreateBuilder();
        builder.Configuration["Rescind:Issuer"] = "http://127.0.0.1:7080";
        builder.Configuration["Rescind:Development"] = "true";
        builder.Configuration["Rescind:Data"] = folder;
        builder.Services.AddRescindAuthority();
        builder.Services.AddDbContext<CustomerDb>(static db => db.UseSqlite("Data Source=:memory:"));
        builder.Services.AddDbContext<EmployeeDb>(static db => db.UseSqlite("Data Source=:memory:"));
        builder.Services.AddIdentityCore<Customer>()
            .AddRoles<CustomerRole>().AddEntityFrameworkStores<CustomerDb>()
            .AddRescind(revoke => revoke.SubjectPrefix = "customer:");
        builder.Services.AddIdentityCore<Employee>()
            .AddRoles<EmployeeRole>().AddEntityFrameworkStores<EmployeeDb>()
            .AddRescind(revoke => revoke.SubjectPrefix = "employee:");
        await using var app = builder.Build();
        await using var scope = app.Services.CreateAsyncScope();

        scope.ServiceProvider.GetService<IUserSessions<Customer>>().ShouldNotBeNull();
        scope.ServiceProvider.GetService<IUserSessions<Employee>>().ShouldNotBeNull();
        scope.ServiceProvider.GetServices<ISessionClaims>().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_transaction_as_the_guide_has_it()
    {
        await using var shop = await Shop.OpenAsync(services: static all =>
        {
            all.AddScoped(static services => new AccountsDb(OptionsOf(
                services, $"Data Source={services.GetRequiredService<IConfiguration>()["Rescind:Data"]}/accounts.db").Options));
            all.AddScoped<IUserStore<ShopUser>>(static services =>
                new UserStore<ShopUser, IdentityRole, AccountsDb>(services.GetRequiredService<AccountsDb>()));
        });

        await shop.InScopeAsync(async scope =>
        {
            var db = scope.GetRequiredService<AccountsDb>();
            await db.Database.EnsureCreatedAsync();
            var (users, old, @new) = (scope.GetRequiredService<UserManager<ShopUser>>(), Shop.Password, "Another-horse-2");
            var user = new ShopUser { UserName = "alice" };
            db.Roles.Add(new("admin") { NormalizedName = "ADMIN" });
            await users.CreateAsync(user, old);
            await users.AddToRoleAsync(user, "admin");

            await using var transaction = await db.Database.BeginTransactionAsync();
            await users.ChangePasswordAsync(user, old, @new);
            await users.RemoveFromRoleAsync(user, "admin");
            db.Add(new AuditLine { Text = "password changed" });
            await db.SaveChangesAsync();
            await transaction.CommitAsync();

            (await shop.Revocations.ListAsync(Match.Subject(user.Id))).Count(act => act.Effect == Effect.End).ShouldBe(2);
            return true;
        });
    }

    private static DbContextOptionsBuilder OptionsOf(IServiceProvider services, string file) =>
        new DbContextOptionsBuilder<AccountsDb>().UseSqlite(file).FollowForRescind(services);

    private sealed class AuditLine
    {
        public long Id { get; set; }

        public required string Text { get; set; }
    }

    private sealed class AccountsDb(DbContextOptions options) : IdentityDbContext<ShopUser>(options)
    {
        public DbSet<AuditLine> Audit => Set<AuditLine>();

        protected override void OnModelCreating(ModelBuilder builder)
        {
            base.OnModelCreating(builder);
            builder.AddRescindOutbox();
        }
    }
}
