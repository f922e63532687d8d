using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Rescind.Client.Diagnostics;

namespace Rescind.Client.Refreshing;

/// <summary>
/// What a reply means: tokens, or a failure. Judged without I/O. Only a genuine <c>invalid_grant</c> ends a session: an
/// answer that somebody on the way made up, or that is merely broken, never costs a login.
/// </summary>
internal sealed record TokenAnswer(SessionTokens? Tokens, SessionFailure? Failure)
{
    private const int LongestName = 100;

    /// <summary>
    /// The answer to <c>POST /token</c>; <paramref name="presented"/> goes on if no other refresh token is given (RFC
    /// 6749 section 6).
    /// </summary>
    public static TokenAnswer OfRefresh(TokenReply reply, string presented) =>
        reply.Status is not HttpStatusCode.OK ? Failed(reply)
        : Read(reply, TokenJson.Default.TokenBody) is { } body && IsUsable(body)
            ? new(
                new()
                {
                    AccessToken = body.AccessToken,
                    RefreshToken = body.RefreshToken ?? presented,
                    ExpiresAt = reply.AskedAt + TimeSpan.FromSeconds(body.ExpiresIn),
                    ExpiresIn = TimeSpan.FromSeconds(body.ExpiresIn),
                },
                null)
            : Of(BadAnswer(reply));

    /// <summary>The answer to <c>POST /revoke</c>: 200 whatever the token was (RFC 7009 section 2.2).</summary>
    public static TokenAnswer OfRevocation(TokenReply reply) =>
        reply.Status is HttpStatusCode.OK ? new(null, null) : Failed(reply);

    public static TokenAnswer Of(SessionFailure failure) => new(null, failure);

    /// <summary>Names no token.</summary>
    public override string ToString() => Failure?.Error.Code ?? "tokens";

    private static TokenAnswer Failed(TokenReply reply)
    {
        if (reply.Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)reply.Status >= 500)
        {
            return Of(new(ClientErrors.Unreachable, Answered(reply)) { IsTransient = true, RetryAfter = reply.RetryAfter });
        }

        var error = Read(reply, TokenJson.Default.ErrorBody);
        return Of((reply.Status, error?.Error) switch
        {
            (HttpStatusCode.BadRequest, "invalid_grant") => SessionFailure.Of(new(Name(error.Reason), Name(error.Explanation))),
            (_, "invalid_client" or "unauthorized_client") or (HttpStatusCode.Unauthorized, _) =>
                new(ClientErrors.ClientRefused, Answered(reply)),
            _ => BadAnswer(reply, Name(error?.Error)),
        });
    }

    private static bool IsUsable(TokenBody body) =>
        "Bearer".Equals(body.TokenType, StringComparison.OrdinalIgnoreCase) && body.ExpiresIn > 0
        && TokenText.IsAccessToken(body.AccessToken)
        && (body.RefreshToken is null || TokenText.IsRefreshToken(body.RefreshToken));

    private static T? Read<T>(TokenReply reply, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return reply.IsJson ? JsonSerializer.Deserialize(reply.Body.Span, type) : null;
        }
        catch (JsonException)
        {
            // Not carried on as a cause: it could quote a token.
            return null;
        }
    }

    private static SessionFailure BadAnswer(TokenReply reply, string? error = null) =>
        new(ClientErrors.BadAnswer, error is null ? Answered(reply) : $"It is {(int)reply.Status} {error}.");

    private static string Answered(TokenReply reply) => $"It answered {(int)reply.Status}.";

    // Goes into messages and logs, so it may be a name and nothing else.
    private static string? Name(string? text) =>
        text is { Length: > 0 and <= LongestName } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.')
            ? text
            : null;
}
