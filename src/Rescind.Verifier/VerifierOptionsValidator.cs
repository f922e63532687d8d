using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier;

/// <summary>Refuses to start on options that would not be safe, with a sentence that names the key and the next step.</summary>
internal sealed class VerifierOptionsValidator(IHostEnvironment environment, IServiceProviderIsService services)
    : IValidateOptions<VerifierOptions>
{
    // The least that is above zero.
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    public ValidateOptionsResult Validate(string? name, VerifierOptions options) =>
        Faults(options).ToResult($"The scheme is {name}.");

    private IEnumerable<string?> Faults(VerifierOptions options) =>
    [
        .. FromAuthority(options),
        options.MaxStaleness > VerifierOptions.SmallestStaleness && options.MaxStaleness <= VerifierOptions.LargestStaleness
            ? null
            : VerifierErrors.StalenessOutOfRange.Sentence($"Rescind:MaxStaleness is {options.MaxStaleness}."),
        options.Name?.Length > VerifierOptions.LongestName || options.Instance?.Length > VerifierOptions.LongestName
            ? VerifierErrors.NameTooLong.Sentence()
            : null,
        options.VerifiedTokens is >= 0 and <= VerifierOptions.MostVerifiedTokens
            ? null
            : VerifierErrors.VerifiedTokensOutOfRange.Sentence($"Rescind:VerifiedTokens is {options.VerifiedTokens}."),
        .. FromConnections(options.Connections),
    ];

    private static IEnumerable<string?> FromConnections(LiveConnectionOptions options) =>
    [
        Limit(nameof(options.RenewalMargin), options.RenewalMargin, Tick, LiveConnectionOptions.Longest),
        Limit(nameof(options.StalePatience), options.StalePatience, Tick, LiveConnectionOptions.Longest),
        Limit(nameof(options.CloseTimeout), options.CloseTimeout, Tick, LiveConnectionOptions.Longest),
        Limit(nameof(options.CloseSpread), options.CloseSpread, TimeSpan.Zero, LiveConnectionOptions.Longest),
        Limit(nameof(options.MaxBacklogMessages), options.MaxBacklogMessages, 1, LiveConnectionOptions.MostMessages),
        Limit(nameof(options.MaxBacklogBytes), options.MaxBacklogBytes, 1, LiveConnectionOptions.MostBytes),
    ];

    private static string? Limit<T>(string name, T value, T least, T most)
        where T : IComparable<T> =>
        value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0
            ? null
            : VerifierErrors.ConnectionLimitOutOfRange.Sentence($"Rescind:Connections:{name} is {value}.");

    private IEnumerable<string?> FromAuthority(VerifierOptions options) => options.Authority switch
    {
        var authority when !string.IsNullOrWhiteSpace(authority) =>
            [FromUrl(authority), Missing("ClientId", options.ClientId), Missing("ClientSecret", options.ClientSecret)],
        _ when !services.IsService(typeof(IRevocationFeed)) => [VerifierErrors.AuthorityMissing.Sentence()],
        _ when options.WhenStale is StaleAction.Introspect =>
            [VerifierErrors.NobodyToAsk.Sentence("Rescind:WhenStale is Introspect.")],
        _ => [],
    };

    private string? FromUrl(string authority) =>
        !OptionFaults.IsPlainUrl(authority, out var url) ? VerifierErrors.AuthorityNotUrl.Sentence()
        : url.Scheme == Uri.UriSchemeHttps || (url.IsLoopback && environment.IsDevelopment()) ? null
        : VerifierErrors.AuthorityNotHttps.Sentence($"The environment is {environment.EnvironmentName}.");

    private static string? Missing(string name, string? value) =>
        string.IsNullOrWhiteSpace(value) ? VerifierErrors.CredentialsMissing.Sentence($"Rescind:{name} is not set.") : null;
}
