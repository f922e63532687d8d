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

    public ValidateOptionsResult Validate(string? name, VerifierOptions options)
    {
        string[] faults = [.. FromAuthority(options), .. FromVerifier(options), .. FromConnections(options.Connections)];
        return faults.Length == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail([.. faults, $"The scheme is {name}."]);
    }

    private static IEnumerable<string> FromVerifier(VerifierOptions options)
    {
        if (options.MaxStaleness <= VerifierOptions.SmallestStaleness || options.MaxStaleness > VerifierOptions.LargestStaleness)
        {
            yield return VerifierErrors.StalenessOutOfRange.Sentence($"Rescind:MaxStaleness is {options.MaxStaleness}.");
        }

        if (options.Name is { Length: > VerifierOptions.LongestName }
            || options.Instance is { Length: > VerifierOptions.LongestName })
        {
            yield return VerifierErrors.NameTooLong.Sentence();
        }
    }

    private static IEnumerable<string> FromConnections(LiveConnectionOptions options) =>
        new[]
        {
            Limit(nameof(options.RenewalMargin), options.RenewalMargin, Tick, LiveConnectionOptions.Longest),
            Limit(nameof(options.StalePatience), options.StalePatience, Tick, LiveConnectionOptions.Longest),
            Limit(nameof(options.CloseTimeout), options.CloseTimeout, Tick, LiveConnectionOptions.Longest),
            Limit(nameof(options.CloseSpread), options.CloseSpread, TimeSpan.Zero, LiveConnectionOptions.Longest),
            Limit(nameof(options.MaxBacklogMessages), options.MaxBacklogMessages, 1, LiveConnectionOptions.MostMessages),
            Limit(nameof(options.MaxBacklogBytes), options.MaxBacklogBytes, 1, LiveConnectionOptions.MostBytes),
        }.OfType<string>();

    private static string? Limit<T>(string name, T value, T least, T most)
        where T : IComparable<T> =>
        value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0
            ? null
            : VerifierErrors.ConnectionLimitOutOfRange.Sentence($"Rescind:Connections:{name} is {value}.");

    private IEnumerable<string> FromAuthority(VerifierOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Authority))
        {
            return !services.IsService(typeof(IRevocationFeed)) ? [VerifierErrors.AuthorityMissing.Sentence()]
                : options.WhenStale is StaleAction.Introspect
                    ? [VerifierErrors.NobodyToAsk.Sentence("Rescind:WhenStale is Introspect.")]
                : [];
        }

        return FromUrl(options.Authority).Concat(FromCredentials(options));
    }

    private IEnumerable<string> FromUrl(string authority)
    {
        if (!Uri.TryCreate(authority, UriKind.Absolute, out var url)
            || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp)
            || url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            yield return VerifierErrors.AuthorityNotUrl.Sentence();
        }
        else if (url.Scheme == Uri.UriSchemeHttp && !(url.IsLoopback && environment.IsDevelopment()))
        {
            yield return VerifierErrors.AuthorityNotHttps.Sentence($"The environment is {environment.EnvironmentName}.");
        }
    }

    private static IEnumerable<string> FromCredentials(VerifierOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.ClientId))
        {
            yield return VerifierErrors.CredentialsMissing.Sentence("Rescind:ClientId is not set.");
        }

        if (string.IsNullOrWhiteSpace(options.ClientSecret))
        {
            yield return VerifierErrors.CredentialsMissing.Sentence("Rescind:ClientSecret is not set.");
        }
    }
}
