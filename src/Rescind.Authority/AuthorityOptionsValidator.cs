using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;

namespace Rescind.Authority;

/// <summary>The ranges that stand on the options themselves.</summary>
[OptionsValidator]
internal sealed partial class AuthorityRangesValidator : IValidateOptions<AuthorityOptions>;

/// <summary>What must hold between options. Each message names the configuration key and the next step.</summary>
internal sealed class AuthorityOptionsValidator(DevelopmentIssuer mapped) : IValidateOptions<AuthorityOptions>
{
    /// <summary>The least length of a configured secret, in characters.</summary>
    public const int MinSecretLength = 32;

    private static readonly string[] Algorithms = ["ES256", "ES384", "RS256", "PS256"];

    public ValidateOptionsResult Validate(string? name, AuthorityOptions options) => Faults(options).ToResult();

    private IEnumerable<string?> Faults(AuthorityOptions options) =>
    [
        IssuerFault(options),
        If(options.SessionIdleLifetime > options.SessionLifetime,
            "Rescind:SessionIdleLifetime is longer than Rescind:SessionLifetime."),
        If(options.AccessTokenLifetime > options.SessionLifetime,
            "Rescind:AccessTokenLifetime is longer than Rescind:SessionLifetime."),
        If(options.RetryWindow <= TimeSpan.Zero, "Rescind:RetryWindow is not positive."),
        If(!Enum.IsDefined(options.ReusePolicy), "Rescind:ReusePolicy is none of EndSession, Refuse, EndSubject."),
        If(!Algorithms.Contains(options.SigningAlgorithm),
            $"Rescind:SigningAlgorithm is none of {string.Join(", ", Algorithms)}."),
        If(options.MasterKey is not null && options.MasterKeyFile is not null,
            "Rescind:MasterKey and Rescind:MasterKeyFile are both set; leave one out."),
        If(options.AdminSecret is not null && options.AdminSecretFile is not null,
            "Rescind:AdminSecret and Rescind:AdminSecretFile are both set; leave one out."),
        If(options.AdminSecret?.Length < MinSecretLength,
            $"Rescind:AdminSecret is shorter than {MinSecretLength} characters."),
        options.AllowForwardedHostsInDevelopment.Count == 0 || options.Development
            ? null : Errors.ForwardedOutsideDevelopment.Sentence(),
        options.AllowForwardedHostsInDevelopment.FirstOrDefault(static host => !ForwardedRequest.IsHost(host)) is { } invalid
            ? Say($"Rescind:AllowForwardedHostsInDevelopment has \"{invalid}\", which must be host or host:port, "
                + "without scheme, path and wildcard.")
            : null,
    ];

    // MD-3, T-23: one spelling, so that nobody can write the same issuer in another way.
    private string? IssuerFault(AuthorityOptions options) => options.Issuer switch
    {
        null or "" when mapped.IsInGroup && options.Development => Errors.IssuerOfGroup.Sentence(),
        null or "" =>
            Errors.NotSafeToStart.Sentence("Rescind:Issuer is not set: the https URL under which the Authority is reached."),
        var issuer when !Uri.TryCreate(issuer, UriKind.Absolute, out var url) || url.Host.Length == 0 =>
            Say("Rescind:Issuer is no absolute URL."),
        var issuer when issuer.AsSpan().ContainsAny('?', '#') || issuer.Contains('@') =>
            Say("Rescind:Issuer has a query, a fragment or a user."),
        var issuer when new Uri(issuer).Port == 0 => Say("Rescind:Issuer names no port; a URL of port 0 gives no issuer."),
        var issuer when issuer.EndsWith('/') => Say("Rescind:Issuer ends with a slash; write it without."),
        var issuer when Canonical(issuer) != issuer =>
            Say($"Rescind:Issuer is not in its canonical form, which is {Canonical(issuer)}."),
        var issuer when issuer.StartsWith("https://", StringComparison.Ordinal) => null,
        var issuer when options.Development && issuer.StartsWith("http://", StringComparison.Ordinal)
            && DevelopmentGuard.IsLoopback(new Uri(issuer).Host) => null,
        _ => Errors.NotSafeToStart.Sentence("Rescind:Issuer is not https. Plain http is for loopback in Development alone."),
    };

    private static string Canonical(string issuer) => new Uri(issuer).AbsoluteUri.TrimEnd('/');

    private static string? If(bool isWrong, string specifics) => isWrong ? Say(specifics) : null;

    private static string Say(string specifics) => Errors.InvalidOptions.Sentence(specifics);
}
