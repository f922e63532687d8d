using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rescind.Cli.Calling;

/// <summary>Turns an answer that is not 2xx into words: problem details (RFC 9457) and OAuth errors (RFC 6749 5.2).</summary>
internal static class AuthorityProblem
{
    private const int MaxWords = 500;

    public static async Task<VerbFailure> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        var body = Parse(text);
        var status = (int)answer.StatusCode;
        var code = Word(body, "code") ?? Word(body, "error");
        var message = Word(body, "title") ?? Word(body, "error_description") ?? $"The Authority answered {status}.";
        var detail = Word(body, "detail");
        var docs = Word(body, "docs") is { } page ? $"See {page}" : null;
        return new VerbFailure(ExitOf(status, code), message, code, string.Join(" ", new[] { detail,
            docs }.OfType<string>()) is { Length: > 0 } next ? next : null);
    }

    private static ExitCode ExitOf(int status, string? code) => status switch
    {
        _ when code is "invalid_client" => ExitCode.NotAllowed,
        401 or 403 => ExitCode.NotAllowed,
        404 => ExitCode.NotFound,
        429 or >= 500 => ExitCode.Unavailable,
        _ => ExitCode.Refused,
    };

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Word(JsonObject? body, string name) =>
        body?[name] is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0
            ? (text.Length > MaxWords ? text[..MaxWords] : text)
            : null;
}
