using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Http.Output;

/// <summary>
/// The one problem writer (RFC 9457): type, title, status, a detail that names the next step, <c>code</c> and <c>docs</c>.
/// </summary>
internal sealed class Problem(Refusal refusal) : IResult
{
    public Refusal Refusal { get; } = refusal;

    /// <summary>The <c>WWW-Authenticate</c> of a 401 or 403.</summary>
    public string? Challenge { get; init; } = Challenges.Of(refusal);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        httpContext.RequestServices.GetService<AuthorityMetrics>()?.Refused(Refusal.Error.Code);
        var error = Refusal.Error;
        response.StatusCode = error.Status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        response.Headers.WWWAuthenticate = Challenge;
        response.Headers.RetryAfter = Refusal.RetryAfterSeconds?.ToString(CultureInfo.InvariantCulture);
        var detail = Refusal.Specifics is { } specifics ? $"{specifics} {error.NextStep}" : error.NextStep;
        var body = new ProblemBody($"urn:rescind:error:{error.Code}", error.Title, error.Status, detail, error.Code, error.Docs,
            Refusal.Explanation.Value == 0 ? null : Refusal.Explanation.ToRevocationId(), Refusal.Reason);
        return JsonSerializer.SerializeAsync(response.Body, body, ErrorJson.Default.ProblemBody, httpContext.RequestAborted);
    }
}

/// <summary>Refusals as answers.</summary>
internal static class Problems
{
    /// <summary>
    /// The answer that says so. <paramref name="specifics"/> names the member or value; never a token or a secret.
    /// </summary>
    public static Problem Problem(this Error error, string? specifics = null) => new(error.Refusal(specifics));

    /// <summary>The answer that says so.</summary>
    public static Problem Problem(this Refusal refusal) => new(refusal);
}

internal sealed record ProblemBody(
    string Type, string Title, int Status, string Detail, string Code, string Docs, string? Explanation, string? Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(OAuthErrorBody))]
internal sealed partial class ErrorJson : JsonSerializerContext;
