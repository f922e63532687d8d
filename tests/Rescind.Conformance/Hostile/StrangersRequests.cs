using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Rescind.Conformance.Hostile;

/// <summary>Where somebody without credentials may send something.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">The path, with something in the place of what stands in braces.</param>
/// <param name="TakesForm">Whether its bodies are forms; others are JSON.</param>
internal sealed record Place(string Method, string Path, bool TakesForm);

/// <summary>
/// The dearest that somebody without credentials can send to each route: all that is decoded, parsed, hashed or
/// verified before it is refused. Also compiled into the benchmark that measures what each costs.
/// </summary>
internal static class StrangersRequests
{
    private static readonly Dictionary<string, string> Headers = new()
    {
        ["none"] = "",
        ["90 of 150 bytes"] = string.Concat(Enumerable.Range(0, 90).Select(i => $"X-{i}: {new string('a', 150)}\r\n")),
        ["a token of many claims"] = $"Authorization: Bearer {Token(ManyClaims(11_000))}\r\n",
        ["a token of many brackets"] =
            $"Authorization: Bearer {Token($"{{\"a\":[{string.Concat(Enumerable.Repeat("[],", 3_500))}1]}}")}\r\n",
        ["a token without end"] = $"Authorization: Bearer {new string('a', 15_000)}\r\n",
        ["Basic credentials"] = $"Authorization: Basic {Convert.ToBase64String(new byte[1_500])}\r\n",
        ["an origin and a preflight"] = "Origin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n",
        ["a cookie without end"] = $"Sec-Fetch-Site: same-origin\r\nCookie: rescind=rt_{new string('A', 14_000)}\r\n",
        ["many cookies"] = $"Sec-Fetch-Site: same-origin\r\nCookie: {string.Concat(Enumerable.Repeat("a=;", 4_500))}\r\n",
    };

    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["none"] = "",
        ["one value"] = "client_id=web&token=" + new string('a', 65_000),
        ["a token of many claims"] = "client_id=web&token=" + Token(ManyClaims(11_500)),
        ["a token of one long claim"] = "client_id=web&token=" + Token($"{{\"a\":\"{new string('x', 11_000)}\"}}"),
        ["a logout token of many claims"] = "logout_token=" + Token(ManyClaims(11_500)),
        ["a refresh token without end"] = "grant_type=refresh_token&client_id=web&refresh_token=rt_" + new string('A', 65_000),
        ["a refresh token of the right length"] = "grant_type=refresh_token&client_id=web&refresh_token=rt_AQ"
            + new string('A', 70),
        ["a revoked refresh token"] = "token=rt_" + new string('A', 65_000) + "&client_id=web",
        ["a scope of many words"] = "grant_type=client_credentials&client_id=web&scope="
            + string.Concat(Enumerable.Repeat("a+", 32_000)),
        ["escapes"] = "client_id=web&token=" + string.Concat(Enumerable.Repeat("%41", 21_000)),
        ["a secret"] = "client_id=caller&client_secret=" + new string('s', 65_000),
        ["a client"] = "client_id=" + new string('c', 65_000),
        ["64 parameters"] = "client_id=web&" + string.Join('&', Enumerable.Range(100, 63).Select(i => $"{i:D500}={i:D500}")),
        ["one name"] = new string('n', 65_000) + "=1",
        ["brackets"] = new string('[', 65_000),
    };

    private static readonly string Query = "?" + string.Join('&', Enumerable.Range(0, 1_300).Select(i => $"{i}=1"));

    /// <summary>An issuer that logs people out at the Authority at this address, and publishes the same keys.</summary>
    public static IssuerRecord LogoutIssuer(Uri authority) => new()
    {
        Issuer = "https://idp.example", Limits = new(600, 86_400, 0, 30), Types = ["at+jwt"], Algorithms = ["ES256"],
        JwksUri = new Uri(authority, "/.well-known/jwks.json").ToString(), LogoutAudiences = ["rescind"],
    };

    /// <summary>
    /// The requests to each of <paramref name="places"/>, by what is in them. <paramref name="genuine"/> is an access
    /// token; where it is sent only its signature is wrong, and so it is with a logout token of <see cref="LogoutIssuer"/>.
    /// </summary>
    public static IEnumerable<(string Name, byte[] Bytes)> To(IEnumerable<Place> places, string genuine)
    {
        var headers = Headers.Append(
            new("a genuine token with another signature", $"Authorization: Bearer {Spoilt(genuine)}\r\n"));
        var bodies = Bodies
            .Append(new("a genuine token with another signature", "client_id=web&token=" + Spoilt(genuine)))
            .Append(new("a logout token with another signature", "logout_token=" + LogoutToken(genuine)));
        foreach (var place in places)
        {
            yield return ($"{place.Method} {place.Path}, query", Request(place, place.Path + Query, "", ""));
            foreach (var (name, header) in headers)
            {
                yield return ($"{place.Method} {place.Path}, header: {name}", Request(place, place.Path, header, ""));
            }

            foreach (var (name, body) in bodies.Where(_ => place.Method == "POST"))
            {
                yield return ($"{place.Method} {place.Path}, body: {name}", Request(place, place.Path, "", body));
            }
        }
    }

    private static byte[] Request(Place place, string path, string headers, string body) => Encoding.ASCII.GetBytes(
        $"{place.Method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}Content-Length: {body.Length}\r\n"
        + $"Content-Type: {(place.TakesForm ? "application/x-www-form-urlencoded" : "application/json")}\r\n\r\n{body}");

    private static string ManyClaims(int length)
    {
        var claims = new StringBuilder("{");
        for (var i = 0; claims.Length < length; i++)
        {
            claims.Append($"{(i == 0 ? "" : ",")}\"{i}\":{i}");
        }

        return claims.Append('}').ToString();
    }

    private static string Token(string payload) =>
        "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IngifQ."
        + $"{Base64Url.EncodeToString(Encoding.ASCII.GetBytes(payload))}.{new string('A', 86)}";

    // By one bit, so that all of it is verified.
    private static string Spoilt(string token)
    {
        var at = token.LastIndexOf('.') + 1;
        var signature = Base64Url.DecodeFromChars(token.AsSpan(at));
        signature[^16] ^= 1;
        return token[..at] + Base64Url.EncodeToString(signature);
    }

    private static string LogoutToken(string genuine)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var key = JsonDocument.Parse(
            Base64Url.DecodeFromChars(genuine.AsSpan(0, genuine.IndexOf('.')))).RootElement.GetProperty("kid").GetString();
        var header = $$"""{"alg":"ES256","typ":"logout+jwt","kid":"{{key}}"}""";
        var claims = $$"""{"iss":"https://idp.example","aud":"rescind","iat":{{now}},"exp":{{now + 600}},"jti":"x","""
            + """ "sub":"alice","events":{"http://schemas.openid.net/event/backchannel-logout":{}}}""";
        return $"{Encode(header)}.{Encode(claims)}{genuine[genuine.LastIndexOf('.')..]}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
