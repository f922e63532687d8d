using System.Security.Claims;
using Rescind.Comparison.Parts;

namespace Rescind.Comparison.Ways;

/// <summary>The id of a logged-out token is written down, and every request asks whether its own is there.</summary>
internal sealed class Blocklist(PartSettings settings, IBlockedIds blocked) : Way(settings)
{
    private readonly OwnTokens _tokens = new(settings.Lifetime, settings.Time);

    public override string? File => (blocked as SqliteBlockedIds)?.File;

    public override void Add(WebApplicationBuilder builder) =>
        builder.Services.AddAuthentication().AddJwtBearer(options =>
        {
            _tokens.Check(options);
            options.Events = new()
            {
                OnTokenValidated = async context =>
                {
                    Settings.Calls.Add();
                    if (await blocked.HasAsync(context.Principal!.FindFirstValue("jti")!))
                    {
                        context.Fail("The token is revoked.");
                    }
                },
            };
        });

    public override Task<Credential> LogInAsync(HttpContext context, string user, string device) =>
        Task.FromResult(_tokens.Issue(user));

    public override async Task<LoggedOut> LogOutAsync(HttpContext context, LogOut reach)
    {
        if (reach != LogOut.One)
        {
            return LoggedOut.Impossible;
        }

        await blocked.AddAsync([context.User.FindFirstValue("jti")!], Settings.Lifetime);
        return LoggedOut.Yes;
    }

    public override async Task OpenAsync(IServiceProvider services)
    {
        await blocked.OpenAsync();
        await blocked.AddAsync(Enumerable.Range(0, Settings.Logouts).Select(_ => Entropy.System.NextId()), Settings.Lifetime);
    }

    public override Task ClearAsync() => blocked is RedisBlockedIds redis ? redis.ClearAsync() : Task.CompletedTask;

    public override Task<long> StoreBytesAsync(IServiceProvider services) => blocked.BytesAsync();
}

/// <summary>Where the ids of logged-out tokens are.</summary>
internal interface IBlockedIds
{
    /// <summary>Makes the place.</summary>
    Task OpenAsync();

    /// <summary>Whether <paramref name="id"/> is blocked.</summary>
    Task<bool> HasAsync(string id);

    /// <summary>Blocks ids until their tokens have ended.</summary>
    Task AddAsync(IEnumerable<string> ids, TimeSpan lifetime);

    /// <summary>How much room it takes.</summary>
    Task<long> BytesAsync();
}
