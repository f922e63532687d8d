using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// What decides, beside the token, its key and the record of its issuer, what the framework's handler says of a token. Two
/// validations under the same settings have the same outcome, but for the dates, which are judged anew each time.
/// </summary>
internal readonly struct ValidationSettings
{
    private readonly TokenValidationParameters _given;

    private ValidationSettings(TokenValidationParameters given) => _given = given;

    /// <summary>
    /// The settings, or null where code of the app has a say: what that answers is asked anew for each request. The
    /// framework gives each validation parameters of its own, which nobody changes afterwards.
    /// </summary>
    public static ValidationSettings? Of(TokenHandler handler, TokenValidationParameters given) =>
        handler.GetType() == typeof(JsonWebTokenHandler) && given.GetType() == typeof(TokenValidationParameters)
        && given.IsClone && !HasCodeOfTheApp(given)
        && !given.SaveSigninToken && !given.ValidateActor && !given.ValidateTokenReplay
            ? new(given)
            : null;

    /// <summary>
    /// Whether code of the app has a say in a way that a newer version of the framework has brought: by reflection, so not
    /// for each request.
    /// </summary>
    public static bool HasUnknownCode(TokenValidationParameters given) => typeof(TokenValidationParameters).GetProperties()
        .Any(property => typeof(Delegate).IsAssignableFrom(property.PropertyType) && property.GetValue(given) is not null);

    public bool IsSameAs(ValidationSettings other)
    {
        var (one, two) = (_given, other._given);
        return one.ValidIssuer == two.ValidIssuer && AreSame(one.ValidIssuers, two.ValidIssuers)
            && one.ValidAudience == two.ValidAudience && AreSame(one.ValidAudiences, two.ValidAudiences)
            && AreSame(one.ValidTypes, two.ValidTypes) && AreSame(one.ValidAlgorithms, two.ValidAlgorithms)
            && ReferenceEquals(one.ConfigurationManager, two.ConfigurationManager)
            && one.AuthenticationType == two.AuthenticationType
            && one.NameClaimType == two.NameClaimType && one.RoleClaimType == two.RoleClaimType
            && ChecksOf(one) == ChecksOf(two);
    }

    private static (bool, bool, bool, bool) ChecksOf(TokenValidationParameters given) =>
        (given.ValidateIssuer, given.ValidateAudience, given.RequireAudience, given.IgnoreTrailingSlashWhenValidatingAudience);

    private static bool AreSame(IEnumerable<string>? one, IEnumerable<string>? two) =>
        ReferenceEquals(one, two) || (one is not null && two is not null && one.SequenceEqual(two, StringComparer.Ordinal));

    private static bool HasCodeOfTheApp(TokenValidationParameters given) =>
        given.AlgorithmValidator is not null || given.AudienceValidator is not null || given.TypeValidator is not null
        || given.LifetimeValidator is not null || given.TokenReplayValidator is not null || given.TokenReader is not null
        || given.IssuerValidator is not null || given.IssuerValidatorUsingConfiguration is not null
        || given.IssuerSigningKeyValidator is not null || given.IssuerSigningKeyValidatorUsingConfiguration is not null
        || given.IssuerSigningKeyResolver is not null || given.IssuerSigningKeyResolverUsingConfiguration is not null
        || given.NameClaimTypeRetriever is not null || given.RoleClaimTypeRetriever is not null
        || given.TransformBeforeSignatureValidation is not null || given.CryptoProviderFactory is not null;
}
