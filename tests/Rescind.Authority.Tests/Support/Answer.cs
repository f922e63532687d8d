using System.Net;
using System.Text.Json;

namespace Rescind.Authority.Tests.Support;

/// <summary>What a server answered, read whole.</summary>
internal sealed record Answer(HttpStatusCode Status, HttpResponseMessage Response, string Text)
{
    /// <summary>The body as JSON.</summary>
    public JsonElement Json { get; } = Text.StartsWith('{') ? JsonDocument.Parse(Text.Split('\n')[0]).RootElement : default;

    /// <summary>A member's text; null if it is not there.</summary>
    public string? this[string name] =>
        Json.ValueKind is JsonValueKind.Object && Json.TryGetProperty(name, out var value) ? value.ToString() : null;

    public static async Task<Answer> OfAsync(Task<HttpResponseMessage> call)
    {
        var response = await call;
        return new(response.StatusCode, response, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Fails unless this is an error of RFC 6749 section 5.2 with no more than a description.</summary>
    public void ShouldBeOAuthError(HttpStatusCode status, string error)
    {
        (Status, this["error"]).ShouldBe((status, error), Text);
        Response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        (this["reason"], this["explanation"]).ShouldBe((null, null));
    }

    /// <summary>Fails unless this is a problem (RFC 9457) with a code and its page.</summary>
    public void ShouldBeProblem(HttpStatusCode status)
    {
        Status.ShouldBe(status, Text);
        Response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        this["code"].ShouldNotBeNull().ShouldMatch("^RSC[0-9]{4}$");
        this["docs"].ShouldBe($"docs/errors/{this["code"]}.md");
        this["detail"].ShouldNotBeNullOrEmpty();
    }
}
