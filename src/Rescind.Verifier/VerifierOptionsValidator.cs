using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier;

/// <summary>Refuses to start on options that would not be safe, with a sentence that names the key and the next step.</summary>
internal sealed class VerifierOptionsValidator(IHostEnvironment environment, IServiceProviderIsService services)
    : IValidateOptions<VerifierOptions>
{
    public ValidateOptionsResult Validate(string? name, VerifierOptions options)
    {
        var errors = FromAuthority(options).ToList();
        if (options.MaxStaleness <= VerifierOptions.SmallestStaleness || options.MaxStaleness > VerifierOptions.LargestStaleness)
        {
            errors.Add(VerifierErrors.StalenessOutOfRange.Sentence($"Rescind:MaxStaleness is {options.MaxStaleness}."));
        }

        if (options.Name is { Length: > VerifierOptions.LongestName }
            || options.Instance is { Length: > VerifierOptions.LongestName })
        {
            errors.Add(VerifierErrors.NameTooLong.Sentence());
        }

        errors.AddRange(FromConnections(options.Connections));
        errors.AddRange(FromBacklog(options.Connections));
        return errors.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail([.. errors, $"The scheme is {name}."]);
    }

    private static IEnumerable<string> FromConnections(LiveConnectionOptions options) =>
        from limit in new[]
        {
            (Name: nameof(options.RenewalMargin), Length: options.RenewalMargin, Least: TimeSpan.FromTicks(1)),
            (Name: nameof(options.StalePatience), Length: options.StalePatience, Least: TimeSpan.FromTicks(1)),
            (Name: nameof(options.CloseTimeout), Length: options.CloseTimeout, Least: TimeSpan.FromTicks(1)),
            (Name: nameof(options.CloseSpread), Length: options.CloseSpread, Least: TimeSpan.Zero),
        }
        where limit.Length < limit.Least || limit.Length > LiveConnectionOptions.Longest
        select VerifierErrors.ConnectionLimitOutOfRange.Sentence($"Rescind:Connections:{limit.Name} is {limit.Length}.");

    private static IEnumerable<string> FromBacklog(LiveConnectionOptions options) =>
        from limit in new[]
        {
            (Name: nameof(options.MaxBacklogMessages), Count: options.MaxBacklogMessages,
                Most: LiveConnectionOptions.MostMessages),
            (Name: nameof(options.MaxBacklogBytes), Count: options.MaxBacklogBytes, Most: LiveConnectionOptions.MostBytes),
        }
        where limit.Count < 1 || limit.Count > limit.Most
        select VerifierErrors.ConnectionLimitOutOfRange.Sentence($"Rescind:Connections:{limit.Name} is {limit.Count}.");

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
