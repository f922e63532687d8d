using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// Puts the strict reader around the token handlers of the schemes that judge, whatever the app set there: it then sees the text
/// that the framework found, be it in the header or where the app's own event looked.
/// </summary>
internal sealed class ConfigureRevocation(
    IOptions<AuthenticationOptions> authentication,
    RevocableSchemes schemes,
    SchemeVerifiers verifiers,
    MetadataSources metadata,
    VerifierClock clock,
    ILogger<StrictTokenHandler> logger) : IPostConfigureOptions<JwtBearerOptions>
{
    public void PostConfigure(string? name, JwtBearerOptions options)
    {
        // The schemes are known only after the authentication options were made.
        _ = authentication.Value;
        if (schemes.Find(name) is not { } scheme)
        {
            return;
        }

        var (verifier, own) = (verifiers.Of(name!), scheme.Own);
        Check(options, own, verifier.Settings);
        FixedParameters.Check(name!, options.TokenValidationParameters, own);
        options.ConfigurationManager = metadata.For(options);
        var parameters = options.TokenValidationParameters;
        var trust = new IssuerTrust(own, options.Authority, [parameters.ValidIssuer, .. parameters.ValidIssuers ?? []])
        {
            TakesBound = verifier.Settings.AppVerifiesTokenBinding,
        };
        var remembered = ValidationSettings.HasUnknownCode(parameters) ? 0 : verifier.Settings.VerifiedTokens;
        for (var i = 0; i < options.TokenHandlers.Count; i++)
        {
            options.TokenHandlers[i] = new StrictTokenHandler(
                options.TokenHandlers[i], trust, verifier.Keys, new(remembered, clock.Time), clock.Time, logger);
        }
    }

    private static void Check(JwtBearerOptions options, bool own, VerifierOptions verifier)
    {
        if (options.UseSecurityTokenValidators)
        {
            throw VerifierErrors.OldValidators.ToException();
        }

        var parameters = options.TokenValidationParameters;
        var hasAudience = !string.IsNullOrEmpty(parameters.ValidAudience) || parameters.ValidAudiences?.Any() == true;
        if (own && !hasAudience && verifier.Authority is not null)
        {
            throw VerifierErrors.AudienceMissing.ToException();
        }
    }
}
