using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// What of TokenValidationParameters an app cannot set on a scheme that judges: the strict reader and the log decide
/// it, and a setting that is silently without effect would be trusted.
/// </summary>
internal static class FixedParameters
{
    /// <summary>Throws <see cref="InvalidOperationException"/> for the first that is set.</summary>
    public static void Check(string scheme, TokenValidationParameters parameters, bool own)
    {
        if (OfAny(parameters).Concat(own ? OfOwn(parameters) : [])
            .FirstOrDefault(static setting => setting.IsSet) is { Name: { } name })
        {
            throw VerifierErrors.ParameterFixed.ToException(
                $"TokenValidationParameters.{name} is set on the scheme {scheme}.");
        }
    }

    // A JWT of ours or of a registered issuer is signed, has an end, and is not encrypted.
    private static IEnumerable<(string Name, bool IsSet)> OfAny(TokenValidationParameters parameters) =>
    [
        (nameof(parameters.SignatureValidator), parameters.SignatureValidator is not null),
        (nameof(parameters.SignatureValidatorUsingConfiguration), parameters.SignatureValidatorUsingConfiguration is not null),
        (nameof(parameters.RequireSignedTokens), !parameters.RequireSignedTokens),
        (nameof(parameters.RequireExpirationTime), !parameters.RequireExpirationTime),
        (nameof(parameters.ValidateLifetime), !parameters.ValidateLifetime),
        (nameof(parameters.TokenDecryptionKey), parameters.TokenDecryptionKey is not null),
        (nameof(parameters.TokenDecryptionKeys), parameters.TokenDecryptionKeys is not null),
        (nameof(parameters.TokenDecryptionKeyResolver), parameters.TokenDecryptionKeyResolver is not null),
    ];

    // Issuer and keys of AddRescind come with the log.
    private static IEnumerable<(string Name, bool IsSet)> OfOwn(TokenValidationParameters parameters) =>
    [
        (nameof(parameters.IssuerSigningKey), parameters.IssuerSigningKey is not null),
        (nameof(parameters.IssuerSigningKeys), parameters.IssuerSigningKeys is not null),
        (nameof(parameters.IssuerSigningKeyResolver), parameters.IssuerSigningKeyResolver is not null),
        (nameof(parameters.IssuerSigningKeyResolverUsingConfiguration),
            parameters.IssuerSigningKeyResolverUsingConfiguration is not null),
        (nameof(parameters.IssuerValidator), parameters.IssuerValidator is not null),
        (nameof(parameters.IssuerValidatorUsingConfiguration), parameters.IssuerValidatorUsingConfiguration is not null),
    ];
}
