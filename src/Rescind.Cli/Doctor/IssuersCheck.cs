using Rescind.Cli.Http;

namespace Rescind.Cli.Doctor;

/// <summary>The issuers: whether what is revoked there is ever forgotten, and whether their keys can be had.</summary>
internal static class IssuersCheck
{
    private const long Day = 24 * 3600;
    private const long Hour = 3600;
    private const int MostBytes = 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<IReadOnlyList<Finding>> RetentionAsync(Patient patient)
    {
        var issuers = await ReadAsync(patient);
        return [.. issuers.Select(Retention).OfType<Finding>()];
    }

    public static async Task<IReadOnlyList<Finding>> KeysAsync(Patient patient)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            Timeout = Patience, MaxResponseContentBufferSize = MostBytes,
        };
        var findings = new List<Finding>();
        foreach (var issuer in (await ReadAsync(patient)).Where(static issuer => !IsOwn(issuer)))
        {
            if (await KeysFaultAsync(http, issuer, patient.Cancellation) is { } fault)
            {
                findings.Add(Finding.Error(
                    "issuers", issuer["issuer"].AsText(), $"Its keys cannot be fetched from here: {fault}",
                    "Correct jwks_uri with `rescind issuers add`, or the way to it; its tokens are unknown meanwhile."));
            }
        }

        return findings;
    }

    private static async Task<IReadOnlyList<JsonObject>> ReadAsync(Patient patient) =>
        (await patient.Authority.GetAsync("v1/issuers")).Items("issuers");

    private static Finding? Retention(JsonObject issuer)
    {
        var (name, lifetime) = (issuer["issuer"].AsText(), issuer["max_token_lifetime"].AsNumber());
        return lifetime is null
            ? Finding.Warning(
                "retention", name, "How long its tokens live is not known: what is revoked there is never forgotten.",
                "Register it again with `rescind issuers add --token-lifetime`.")
            : IsOwn(issuer) && lifetime > Hour
                ? Finding.Warning(
                    "retention", name, $"Its access tokens live {lifetime / 60} minutes, and revocations are kept for as long.",
                    "Shorten Rescind:AccessTokenLifetime: a refresh costs little, and 5 minutes are usual.")
            : lifetime > Day
                ? Finding.Warning(
                    "retention", name, $"Its tokens live {lifetime / Hour} hours, and every revocation is kept for as long.",
                    "Shorten them at the issuer, then register the new lifetime.")
                : null;
    }

    private static bool IsOwn(JsonObject issuer) => issuer["own"] is JsonValue value && value.TryGetValue(out bool own) && own;

    private static async Task<string?> KeysFaultAsync(HttpClient http, JsonObject issuer, CancellationToken cancellation)
    {
        try
        {
            var keys = issuer["jwks_uri"].AsText() ?? await DiscoverAsync(http, issuer["issuer"].AsText()!, cancellation);
            return (await GetAsync(http, keys, cancellation)).At("keys") is JsonArray { Count: > 0 }
                ? null : $"{keys} has no keys.";
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or VerbFailure or UriFormatException
            or InvalidOperationException && !cancellation.IsCancellationRequested)
        {
            return e is TaskCanceledException ? "no answer in time." : e.Message;
        }
    }

    private static async Task<string> DiscoverAsync(HttpClient http, string issuer, CancellationToken cancellation)
    {
        var document = await GetAsync(http, issuer.TrimEnd('/') + "/.well-known/openid-configuration", cancellation);
        return document.At("jwks_uri").AsText() ?? throw Answers.Lacks("jwks_uri");
    }

    private static async Task<JsonObject?> GetAsync(HttpClient http, string url, CancellationToken cancellation)
    {
        using var answer = await http.GetAsync(new Uri(url, UriKind.Absolute), cancellation);
        return answer.IsSuccessStatusCode
            ? Answers.TryParse(await Answers.ReadTextAsync(answer.Content, cancellation))
            : throw new HttpRequestException($"{url} answered {(int)answer.StatusCode}.");
    }
}
