using Rescind.Comparison.Parts;

namespace Rescind.Comparison.Ways;

/// <summary>
/// Short tokens from an issuer, renewed with a refresh token that is new each time; a logout takes that away.
/// </summary>
internal sealed class Rotation(PartSettings settings) : Way(settings)
{
    private readonly IssuerClient _issuer = new(settings);

    public override void Add(WebApplicationBuilder builder) =>
        builder.Services.AddAuthentication().AddJwtBearer(options =>
        {
            options.MapInboundClaims = false;
            options.Authority = Settings.Server;
            options.Audience = "orders";
            options.RequireHttpsMetadata = false;
            options.TokenValidationParameters.LifetimeValidator = new OwnTokens(Settings.Lifetime, Settings.Time).ByOurClock;
        });

    public override Task<Credential> LogInAsync(HttpContext context, string user, string device) => _issuer.LogInAsync(user);

    public override Task<LoggedOut> LogOutAsync(HttpContext context, LogOut reach) => _issuer.LogOutAsync(context, reach);

    public override Task<bool> RefreshAsync(string refreshToken) => _issuer.RefreshAsync(refreshToken);
}
