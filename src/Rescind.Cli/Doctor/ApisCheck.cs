using Rescind.Cli.Http;

namespace Rescind.Cli.Doctor;

/// <summary>
/// Whether the APIs that somebody named refuse a token that was taken back: with a session of our own, which is started for
/// that and
/// revoked. Its person is <c>rescind-doctor</c>, and both stand in the audit trail.
/// </summary>
internal static class ApisCheck
{
    private const string Name = "apis";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // What a verifier promises at most, and the wait for the receipt on top.
    private static readonly TimeSpan LongestBound = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public static async Task<IReadOnlyList<Finding>> FindAsync(Patient patient)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            Timeout = Patience,
        };
        var findings = new List<Finding>();
        foreach (var (audience, url) in patient.Apis)
        {
            if (await LookAsync(http, audience, url, patient) is { } finding)
            {
                findings.Add(finding);
            }
        }

        return findings;
    }

    private static async Task<Finding?> LookAsync(HttpClient http, string audience, Uri url, Patient patient)
    {
        var about = url.ToString();
        var anonymous = await StatusAsync(http, url, null, patient.Cancellation);
        if (anonymous is null)
        {
            return Finding.Error(Name, about, "Nobody answers there.", "Start the API, or correct its URL.");
        }

        if (anonymous is >= 200 and < 300)
        {
            return Finding.Warning(
                Name, about, "It serves whoever comes, without a token.",
                "Name a URL that needs a token; if this one should, add RequireAuthorization.");
        }

        var session = await patient.Authority.PostAsync(
            "v1/sessions", new() { ["subject"] = "rescind-doctor", ["audience"] = audience });
        var (id, token) = (session["session_id"].AsText(), session["access_token"].AsText());
        if (id is null || token is null)
        {
            throw Answers.Lacks("access_token");
        }

        var before = await StatusAsync(http, url, token, patient.Cancellation);
        await patient.Authority.PostAsync(
            "v1/revocations",
            new() { ["match"] = new JsonObject { ["session"] = id }, ["effect"] = "end", ["reason"] = "rescind doctor" },
            TimeSpan.FromSeconds(5));
        return IsTaken(before) ? await UntilRefusedAsync(http, url, token, patient) : Finding.Warning(
            Name, about, $"It answered {before} to a good token for {audience}: whether it refuses revoked ones is not known.",
            "Name its audience and a URL that this token opens: --api AUDIENCE=URL.");
    }

    private static async Task<Finding?> UntilRefusedAsync(HttpClient http, Uri url, string token, Patient patient)
    {
        var began = patient.Time.GetTimestamp();
        while (IsTaken(await StatusAsync(http, url, token, patient.Cancellation)))
        {
            if (patient.Time.GetElapsedTime(began) > LongestBound)
            {
                return Finding.Error(
                    Name, url.ToString(), "It takes a revoked token: no verifier stands before it.",
                    "Add one: AddAuthentication().AddRescind(), or protect() of @rescind/node.");
            }

            await Task.Delay(Pause, patient.Time, patient.Cancellation);
        }

        return null;
    }

    // What it thinks of the person or the method comes after the token.
    private static bool IsTaken(int? status) => status is not null and not 401 and not 503;

    private static async Task<int?> StatusAsync(HttpClient http, Uri url, string? token, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            return (int)answer.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
