using Microsoft.IdentityModel.Tokens;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// Whether a scheme expects tokens of an issuer, by the issuer validation that the app set up: its validator, its valid
/// issuers, its metadata. A scheme that was told its issuers refuses others; one that was told nothing, or does not
/// validate issuers, expects any.
/// </summary>
internal static class ExpectedIssuers
{
    /// <summary>
    /// <see cref="VerdictKind.Invalid"/> if the scheme refuses the issuer; otherwise <see cref="VerdictKind.Unknown"/>:
    /// it expects the issuer, or cannot tell because its metadata cannot be fetched.
    /// </summary>
    public static async Task<VerdictKind> JudgeAsync(
        string issuer, string token, TokenHandler reader, TokenValidationParameters parameters)
    {
        var isNamed = issuer == parameters.ValidIssuer
            || parameters.ValidIssuers?.Contains(issuer, StringComparer.Ordinal) == true;
        var hasValidator = parameters.IssuerValidatorUsingConfiguration is not null || parameters.IssuerValidator is not null;
        if (!parameters.ValidateIssuer || (isNamed && !hasValidator))
        {
            return VerdictKind.Unknown;
        }

        if (hasValidator && parameters.IssuerValidatorUsingConfiguration is null)
        {
            // It is not given the metadata, so it need not wait for them.
            return AppAccepts(issuer, token, reader, parameters, metadata: null) ? VerdictKind.Unknown : VerdictKind.Invalid;
        }

        var metadata = await FetchAsync(parameters.ConfigurationManager).ConfigureAwait(false);
        if (metadata is null && parameters.ConfigurationManager is not null)
        {
            return VerdictKind.Unknown;
        }

        if (hasValidator)
        {
            return AppAccepts(issuer, token, reader, parameters, metadata) ? VerdictKind.Unknown : VerdictKind.Invalid;
        }

        var wasTold = metadata is not null || !string.IsNullOrEmpty(parameters.ValidIssuer)
            || parameters.ValidIssuers?.Any() == true;
        return wasTold && metadata?.Issuer != issuer ? VerdictKind.Invalid : VerdictKind.Unknown;
    }

    private static async Task<BaseConfiguration?> FetchAsync(BaseConfigurationManager? manager)
    {
        try
        {
            return manager is null ? null : await manager.GetBaseConfigurationAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return null;
        }
    }

    // An app's validator says no by an exception, of whatever type, or by an empty name.
    private static bool AppAccepts(
        string issuer, string token, TokenHandler reader, TokenValidationParameters parameters, BaseConfiguration? metadata)
    {
        try
        {
            var read = reader.ReadToken(token);
            var accepted = parameters.IssuerValidatorUsingConfiguration is { } validate
                ? validate(issuer, read, parameters, metadata)
                : parameters.IssuerValidator(issuer, read, parameters);
            return !string.IsNullOrEmpty(accepted);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return false;
        }
    }
}
