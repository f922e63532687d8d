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

    public ValidateOptionsResult Validate(string? name, RescindSessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<string> errors = [.. FromNames(options), .. FromNumbers(options)];
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> FromNames(RescindSessionOptions options)
    {
        if (!IsSafe(options.Authority, out _))
        {
            yield return ClientErrors.AuthorityNotUsable.Sentence();
        }

        if (string.IsNullOrWhiteSpace(options.ClientId))
        {
            yield return ClientErrors.ClientMissing.Sentence();
        }

        if (options.Origins.Count == 0)
        {
            yield return ClientErrors.OriginNotUsable.Sentence("There is none.");
        }

        foreach (var origin in options.Origins.Where(origin => !IsSafe(origin, out var url) || url.AbsolutePath != "/"))
        {
            yield return ClientErrors.OriginNotUsable.Sentence($"One is '{origin}'.");
        }
    }

    private static IEnumerable<string> FromNumbers(RescindSessionOptions options)
    {
        // Written so that NaN fails too.
        (string Name, bool IsRight)[] numbers =
        [
            (nameof(options.RefreshAt), options.RefreshAt is >= 0.1 and <= 0.9),
            (nameof(options.RequestTimeout), options.RequestTimeout > TimeSpan.Zero && options.RequestTimeout <= LongestRequest),
            (nameof(options.RefreshLimit), IsLimit(options.RefreshLimit)),
            (nameof(options.UnavailableLimit), IsLimit(options.UnavailableLimit)),
            (nameof(options.MaxBufferedBytes), options.MaxBufferedBytes is >= 0 and <= LargestBuffer),
        ];
        return numbers.Where(number => !number.IsRight)
            .Select(number => ClientErrors.NumberOutOfRange.Sentence($"It is {number.Name}."));
    }

    private static bool IsLimit(TimeSpan limit) => limit >= TimeSpan.Zero && limit <= LongestLimit;

    private static bool IsSafe(string? text, out Uri url) =>
        Uri.TryCreate(text, UriKind.Absolute, out url!)
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
        && url.UserInfo.Length + url.Query.Length + url.Fragment.Length == 0;
}
