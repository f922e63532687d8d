using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Rescind.Client.Diagnostics;

namespace Rescind.Client;

/// <summary>Refuses options that would not be safe, with a sentence that names the next step.</summary>
internal sealed class RescindSessionOptionsValidator : IValidateOptions<RescindSessionOptions>
{
    private const int LargestBuffer = 16 * 1024 * 1024;

    private static readonly TimeSpan LongestRequest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestLimit = TimeSpan.FromMinutes(10);

    public static void ThrowIfWrong(RescindSessionOptions options)
    {
        var result = new RescindSessionOptionsValidator().Validate(null, options);
        if (result.Failed)
        {
            throw new OptionsValidationException(nameof(RescindSessionOptions), typeof(RescindSessionOptions), result.Failures);
        }
    }

    public ValidateOptionsResult Validate(string? name, RescindSessionOptions options) => Faults(options).ToResult();

    // Ranges are written so that NaN fails too.
    private static IEnumerable<string?> Faults(RescindSessionOptions options) =>
    [
        IsSafe(options.Authority, out _) ? null : ClientErrors.AuthorityNotUsable.Sentence(),
        string.IsNullOrWhiteSpace(options.ClientId) ? ClientErrors.ClientMissing.Sentence() : null,
        options.Origins.Count == 0 ? ClientErrors.OriginNotUsable.Sentence("There is none.") : null,
        .. options.Origins.Where(origin => !IsSafe(origin, out var url) || url.AbsolutePath != "/")
            .Select(origin => ClientErrors.OriginNotUsable.Sentence($"One is '{origin}'.")),
        Number(nameof(options.RefreshAt), options.RefreshAt is >= 0.1 and <= 0.9),
        Number(
            nameof(options.RequestTimeout), options.RequestTimeout > TimeSpan.Zero && options.RequestTimeout <= LongestRequest),
        Number(nameof(options.RefreshLimit), IsLimit(options.RefreshLimit)),
        Number(nameof(options.UnavailableLimit), IsLimit(options.UnavailableLimit)),
        Number(nameof(options.MaxBufferedBytes), options.MaxBufferedBytes is >= 0 and <= LargestBuffer),
    ];

    private static string? Number(string name, bool isRight) =>
        isRight ? null : ClientErrors.NumberOutOfRange.Sentence($"It is {name}.");

    private static bool IsLimit(TimeSpan limit) => limit >= TimeSpan.Zero && limit <= LongestLimit;

    private static bool IsSafe(string? text, [NotNullWhen(true)] out Uri? url) =>
        OptionFaults.IsPlainUrl(text, out url) && (url.Scheme == Uri.UriSchemeHttps || url.IsLoopback);
}
