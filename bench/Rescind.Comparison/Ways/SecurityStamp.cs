using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Rescind.Comparison.Parts;
using Rescind.Comparison.Stores;

namespace Rescind.Comparison.Ways;

/// <summary>
/// Each person has a stamp, which tokens carry; a logout changes it, and every request asks for it (ASP.NET Core Identity).
/// </summary>
internal sealed class SecurityStamp(PartSettings settings) : Way(settings)
{
    private readonly OwnTokens _tokens = new(settings.Lifetime, settings.Time);

    public override string File { get; } = Path.Combine(settings.Folder, "users.db");

    public override void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddDbContext<UserDatabase>(options =>
            options.UseSqlite($"Data Source={File}").AddInterceptors(new CountedCommands(Settings.Calls)));
        builder.Services.AddIdentityCore<IdentityUser>(options => options.ClaimsIdentity.UserIdClaimType = "sub")
            .AddEntityFrameworkStores<UserDatabase>().AddSignInManager();
        builder.Services.AddAuthentication().AddJwtBearer(options =>
        {
            _tokens.Check(options);
            options.Events = new()
            {
                OnTokenValidated = async context =>
                {
                    var people = context.HttpContext.RequestServices.GetRequiredService<SignInManager<IdentityUser>>();
                    if (await people.ValidateSecurityStampAsync(context.Principal) is null)
                    {
                        context.Fail("The stamp has changed.");
                    }
                },
            };
        });
    }

    public override async Task<Credential> LogInAsync(HttpContext context, string user, string device)
    {
        var people = context.RequestServices.GetRequiredService<UserManager<IdentityUser>>();
        var person = await people.FindByNameAsync(user);
        if (person is null)
        {
            person = new(user);
            await people.CreateAsync(person);
        }

        return await IssueAsync(people, person);
    }

    public override async Task<LoggedOut> LogOutAsync(HttpContext context, LogOut reach)
    {
        if (reach == LogOut.One)
        {
            return LoggedOut.Impossible;
        }

        var people = context.RequestServices.GetRequiredService<UserManager<IdentityUser>>();
        var person = (await people.FindByIdAsync(context.User.FindFirstValue("sub")!))!;
        await people.UpdateSecurityStampAsync(person);
        return reach == LogOut.All ? LoggedOut.Yes : new(true, await IssueAsync(people, person));
    }

    public override async Task OpenAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<UserDatabase>();
        await database.Database.EnsureCreatedAsync();
        database.Users.AddRange(Enumerable.Range(0, Settings.Users).Select(i => new IdentityUser($"filled-{i}")
        {
            NormalizedUserName = $"FILLED-{i}", SecurityStamp = Entropy.System.NextId(),
        }));
        await database.SaveChangesAsync();
    }

    public override Task<long> StoreBytesAsync(IServiceProvider services) => Task.FromResult(FileSize.Of(File));

    private async Task<Credential> IssueAsync(UserManager<IdentityUser> people, IdentityUser person) =>
        _tokens.Issue(
            person.Id, (people.Options.ClaimsIdentity.SecurityStampClaimType, await people.GetSecurityStampAsync(person)));
}

/// <summary>The people of the application.</summary>
internal sealed class UserDatabase(DbContextOptions<UserDatabase> options) : IdentityUserContext<IdentityUser>(options);
