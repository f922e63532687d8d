using System.Globalization;
using System.Net;
using Rescind.Client.Requests;

namespace Rescind.Client;

/// <summary>
/// What an API demands with 401 <c>insufficient_user_authentication</c> (RFC 9470 section 3): a newer or a stronger
/// login. No refresh can meet it, so the answer is handed to the caller. Log in again with these values, at most once
/// for a call, start the session with the new tokens, and make the call anew.
/// </summary>
/// <param name="MaxAge">How old the login may be; null if that was not said.</param>
/// <param name="AcrValues">The authentication contexts that would do, the preferred one first; null if that was not said.</param>
public sealed record LoginDemand(TimeSpan? MaxAge, string? AcrValues)
{
    /// <summary>The demand of an answer; null if it makes none.</summary>
    public static LoginDemand? Of(HttpResponseMessage response)
    {
        ArgumentNullException.ThrowIfNull(response);
        var challenge = response.StatusCode is HttpStatusCode.Unauthorized
            ? BearerChallenges.Of(response).FirstOrDefault(challenge => challenge["error"] == "insufficient_user_authentication")
            : null;
        return challenge is null ? null : new(Seconds(challenge["max_age"]), challenge["acr_values"]);
    }

    private static TimeSpan? Seconds(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
