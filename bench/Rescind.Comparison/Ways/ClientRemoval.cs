using Rescind.Comparison.Parts;

namespace Rescind.Comparison.Ways;

/// <summary>The client deletes its token. Nobody else hears of it.</summary>
internal sealed class ClientRemoval(PartSettings settings) : Way(settings)
{
    private readonly OwnTokens _tokens = new(settings.Lifetime, settings.Time);

    public override void Add(WebApplicationBuilder builder) =>
        builder.Services.AddAuthentication().AddJwtBearer(_tokens.Check);

    public override Task<Credential> LogInAsync(HttpContext context, string user, string device) =>
        Task.FromResult(_tokens.Issue(user));
}
