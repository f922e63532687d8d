using OpenIddict.Validation.AspNetCore;
using Rescind.Comparison.Parts;

namespace Rescind.Comparison.Ways;

/// <summary>Every request asks the issuer whether the token is good (RFC 7662).</summary>
internal sealed class Introspection(PartSettings settings) : Way(settings)
{
    private readonly IssuerClient _issuer = new(settings);

    public override void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication(OpenIddictValidationAspNetCoreDefaults.AuthenticationScheme);
        builder.Services.AddOpenIddict().AddValidation(validation =>
        {
            validation.SetIssuer(Settings.Server! + "/");
            validation.AddAudiences("orders");
            validation.UseIntrospection().SetClientId("orders").SetClientSecret(IssuerClient.ApiSecret);
            validation.UseSystemNetHttp().ConfigureHttpClient(_ => Settings.Calls.Add());
            validation.UseAspNetCore();
        });
    }

    public override Task<Credential> LogInAsync(HttpContext context, string user, string device) => _issuer.LogInAsync(user);

    public override Task<LoggedOut> LogOutAsync(HttpContext context, LogOut reach) => _issuer.LogOutAsync(context, reach);
}
