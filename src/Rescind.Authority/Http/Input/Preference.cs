using Microsoft.AspNetCore.Http;
using Rescind.Authority.Revocations;

namespace Rescind.Authority.Http.Input;

/// <summary><c>Prefer</c> (RFC 7240). A preference that is not understood is ignored, as the RFC asks.</summary>
internal static class Preference
{
    /// <summary><c>wait=n</c>, at most <see cref="RevocationRules.LongestWait"/> seconds; null if nobody asked.</summary>
    public static TimeSpan? Wait(HttpRequest request)
    {
        foreach (var preference in request.Headers["Prefer"]
            .SelectMany(value => value?.Split([',', ';'], StringSplitOptions.TrimEntries) ?? []))
        {
            if (preference.StartsWith("wait=", StringComparison.OrdinalIgnoreCase)
                && int.TryParse(
                    preference.AsSpan("wait=".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            {
                return TimeSpan.FromSeconds(Math.Min(seconds, RevocationRules.LongestWait));
            }
        }

        return null;
    }
}
