namespace Rescind.Cli.Http;

/// <summary>Turns an answer that is not 2xx into words: problem details (RFC 9457) and OAuth errors (RFC 6749 5.2).</summary>
internal static class AuthorityProblem
{
    private const int MaxWords = 500;

    public static async Task<VerbFailure> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var body = Answers.TryParse(await Answers.ReadTextAsync(answer.Content, cancellationToken));
        var status = (int)answer.StatusCode;
        var code = Word(body, "code") ?? Word(body, "error");
        var message = Word(body, "title") ?? Word(body, "error_description") ?? $"The Authority answered {status}.";
        string?[] next =
        [
            MissingScope(answer) is { } scope ? $"Missing scope: {scope}." : null, Word(body, "detail"),
            Word(body, "docs") is { } page ? $"See {page}" : null,
        ];
        return new VerbFailure(
            ExitOf(status, code), message, code, next.OfType<string>().Any() ? string.Join(' ', next.OfType<string>()) : null);
    }

    // RFC 6750 3.1: the scopes of the challenge, any of which would do here.
    private static string? MissingScope(HttpResponseMessage answer) =>
        answer.StatusCode is HttpStatusCode.Forbidden
        && answer.Headers.WwwAuthenticate.FirstOrDefault()?.Parameter?.Split("scope=\"", 2) is [_, var rest]
            ? rest.Split('"', 2)[0].Replace(" ", " or ")
            : null;

    private static ExitCode ExitOf(int status, string? code) => status switch
    {
        _ when code is "invalid_client" => ExitCode.NotAllowed,
        _ when code is "RSC2015" => ExitCode.NotConfirmed,
        401 or 403 => ExitCode.NotAllowed,
        404 => ExitCode.NotFound,
        429 or >= 500 => ExitCode.Unavailable,
        _ => ExitCode.Refused,
    };

    private static string? Word(JsonObject? body, string name) =>
        body.At(name).AsText() is { Length: > 0 } text ? (text.Length > MaxWords ? text[..MaxWords] : text) : null;
}
