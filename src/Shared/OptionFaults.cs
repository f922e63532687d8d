using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Rescind;

/// <summary>
/// What validators of options have in common. The projects that have options compile this file, each for itself.
/// </summary>
internal static class OptionFaults
{
    /// <summary>
    /// The answer of a validator that found these faults: success where all are null. <paramref name="where"/>, a sentence,
    /// comes after them.
    /// </summary>
    public static ValidateOptionsResult ToResult(this IEnumerable<string?> faults, string? where = null)
    {
        string[] found = [.. faults.OfType<string>()];
        return found.Length == 0 ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(where is null ? found : [.. found, where]);
    }

    /// <summary>Whether it is an absolute URL of http or https without user, query and fragment.</summary>
    public static bool IsPlainUrl(string? text, [NotNullWhen(true)] out Uri? url) =>
        Uri.TryCreate(text, UriKind.Absolute, out url)
        && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
        && url.UserInfo.Length + url.Query.Length + url.Fragment.Length == 0;
}
