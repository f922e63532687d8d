using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Rescind.Client.Refreshing;
using Rescind.Client.Requests;
using Rescind.Tests.Vectors;

namespace Rescind.Client.Tests.Refreshing;

/// <summary>What this client makes of an answer is what every other client makes of it.</summary>
public sealed class AnswerVectors
{
    private const string Presented = "rt_present";

    public static TheoryData<string> Refreshes { get; } =
        [.. VectorFile.Cases("answers.json", "refreshes").Select(one => one.Text("name")!)];

    public static TheoryData<string> Challenges { get; } =
        [.. VectorFile.Cases("answers.json", "challenges").Select(one => one.Text("name")!)];

    [Theory]
    [MemberData(nameof(Refreshes))]
    public void An_answer_to_a_refresh_means_what_the_vectors_say(string name)
    {
        var one = VectorFile.Cases("answers.json", "refreshes").Single(candidate => candidate.Text("name") == name);

        var answer = TokenAnswer.OfRefresh(ReplyOf(one), Presented);

        var outcome = one.GetProperty("outcome");
        (answer.Tokens is not null ? "tokens" : answer.Failure!.End is not null ? "ended" : "kept")
            .ShouldBe(outcome.Text("kind"));
        switch (outcome.Text("kind"))
        {
            case "tokens":
                answer.Tokens!.AccessToken.ShouldBe(outcome.Text("access_token"));
                answer.Tokens.RefreshToken.ShouldBe(outcome.Text("refresh_token") ?? Presented);
                answer.Tokens.ExpiresAt.ShouldBe(DateTimeOffset.UnixEpoch.AddSeconds(outcome.Number("expires_in")!.Value));
                break;
            case "ended":
                answer.Failure!.End.ShouldBe(new(outcome.Text("reason"), outcome.Text("explanation")));
                break;
            default:
                (answer.Failure!.RetryAfter ?? TimeSpan.Zero).TotalSeconds.ShouldBe(outcome.Number("wait")!.Value);
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Challenges))]
    public void A_challenge_says_what_the_vectors_say(string name)
    {
        var one = VectorFile.Cases("answers.json", "challenges").Single(candidate => candidate.Text("name") == name);
        using var response = new HttpResponseMessage(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", one.Text("header"));

        BearerChallenges.SayInvalidToken(response).ShouldBe(one.GetProperty("invalid_token").GetBoolean());
    }

    private static TokenReply ReplyOf(JsonElement one)
    {
        using var response = new HttpResponseMessage();
        var headers = one.GetProperty("headers");
        if (headers.Text("retry-after") is { } wait)
        {
            response.Headers.TryAddWithoutValidation("Retry-After", wait);
        }

        var type = headers.Text("content-type") is { } text ? MediaTypeHeaderValue.Parse(text).MediaType : null;
        var body = Encoding.UTF8.GetBytes(one.Text("body")!);
        return new(
            (HttpStatusCode)one.Number("status")!.Value, type, body, TokenReply.WaitOf(response.Headers, TimeProvider.System),
            DateTimeOffset.UnixEpoch);
    }
}
