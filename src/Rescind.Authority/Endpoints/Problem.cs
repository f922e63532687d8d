using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Endpoints;

/// <summary>The one problem writer (RFC 9457): type, title, status, a detail that names the next step, <c>code</c> and <c>docs</c>.</summary>
internal sealed class Problem(Error error, string? specifics = null) : IResult
{
    public Error Error { get; } = error;

    /// <summary>What is wrong with this very request; null where the title says it all.</summary>
    public string? Specifics { get; } = specifics;

    /// <summary>The <c>WWW-Authenticate</c> of a 401 or 403.</summary>
    public string? Challenge { get; init; }

    /// <summary>The revocation that explains it; the default if there is none, or if it is none of the caller's business.</summary>
    public LogPosition Explanation { get; init; }

    /// <summary>Why a genuine refresh token was refused: the word of <see cref="OAuthError.Reason"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>When to try again; written for 503 and 429.</summary>
    public int? RetryAfterSeconds { get; init; }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Error.Status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        response.Headers.WWWAuthenticate = Challenge;
        response.Headers.RetryAfter = RetryAfterSeconds?.ToString(CultureInfo.InvariantCulture);
        var detail = Specifics is null ? Error.NextStep : $"{Specifics} {Error.NextStep}";
        var body = new ProblemBody($"urn:rescind:error:{Error.Code}", Error.Title, Error.Status, detail, Error.Code, Error.Docs,
            Explanation.Value == 0 ? null : Explanation.ToRevocationId(), Reason);
        return JsonSerializer.SerializeAsync(response.Body, body, ErrorJson.Default.ProblemBody, httpContext.RequestAborted);
    }
}

internal sealed record ProblemBody(
    string Type, string Title, int Status, string Detail, string Code, string Docs, string? Explanation, string? Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(OAuthErrorBody))]
internal sealed partial class ErrorJson : JsonSerializerContext;
