namespace Rescind.Client.Requests;

/// <summary>What an API says about the token, in its Bearer challenges (RFC 6750 section 3).</summary>
internal static class BearerChallenges
{
    private const string Header = "WWW-Authenticate";

    public static bool SayInvalidToken(HttpResponseMessage response) =>
        Of(response).Any(challenge => challenge["error"] == "invalid_token");

    /// <summary>Every Bearer challenge of lines that keep to the grammar.</summary>
    public static IEnumerable<Challenge> Of(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues(Header, out var lines)
            ? lines.SelectMany(Challenge.Read)
                .Where(challenge => challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
            : [];
}
