using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescind.Client.Diagnostics;

namespace Rescind.Client;

/// <summary>
/// One call of <c>AddRescindSession</c>, with options of its own: those of several calls are compared and never mixed,
/// because an origin that was meant for one session would be sent the token of another.
/// </summary>
internal sealed record SessionRegistration(string Name, Action<RescindSessionOptions> Configure);

/// <summary>Refuses a further call of <c>AddRescindSession</c> whose settings differ from those of the first.</summary>
internal sealed class OneSessionValidator(IServiceProvider provider) : IValidateOptions<RescindSessionOptions>
{
    public ValidateOptionsResult Validate(string? name, RescindSessionOptions options)
    {
        if (string.IsNullOrEmpty(name) || provider.GetServices<SessionRegistration>().All(call => call.Name != name))
        {
            return ValidateOptionsResult.Skip;
        }

        var first = provider.GetRequiredService<IOptionsMonitor<RescindSessionOptions>>().Get(Options.DefaultName);
        string[] different = [.. Differences(first, options)];
        return different.Length == 0 ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(ClientErrors.TwoSessions.Sentence($"They differ in {string.Join(", ", different)}."));
    }

    // Names alone: one of the values is a secret.
    private static IEnumerable<string> Differences(RescindSessionOptions one, RescindSessionOptions other)
    {
        (string Name, bool IsSame)[] settings =
        [
            (nameof(one.Authority), one.Authority == other.Authority), (nameof(one.ClientId), one.ClientId == other.ClientId),
            (nameof(one.ClientSecret), one.ClientSecret == other.ClientSecret),
            (nameof(one.Origins), one.Origins.ToHashSet().SetEquals(other.Origins)),
            (nameof(one.RefreshAt), one.RefreshAt.Equals(other.RefreshAt)),
            (nameof(one.RequestTimeout), one.RequestTimeout == other.RequestTimeout),
            (nameof(one.RefreshLimit), one.RefreshLimit == other.RefreshLimit),
            (nameof(one.UnavailableLimit), one.UnavailableLimit == other.UnavailableLimit),
            (nameof(one.MaxBufferedBytes), one.MaxBufferedBytes == other.MaxBufferedBytes),
            (nameof(one.TokenStore), Equals(one.TokenStore, other.TokenStore)),
            (nameof(one.TimeProvider), Equals(one.TimeProvider, other.TimeProvider)),
            (nameof(one.LoggerFactory), Equals(one.LoggerFactory, other.LoggerFactory)),
        ];
        return settings.Where(static setting => !setting.IsSame).Select(static setting => setting.Name);
    }
}
