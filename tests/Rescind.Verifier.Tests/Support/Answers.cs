using System.Net;

namespace Rescind.Verifier.Tests.Support;

/// <summary>What an answer must look like.</summary>
internal static class Answers
{
    public const string Neutral = "Bearer error=\"invalid_token\", error_description=\"The access token is not valid\"";

    public static string Challenge(this HttpResponseMessage answer) => string.Join(", ", answer.Headers.WwwAuthenticate);

    /// <summary>401 that tells a stranger nothing (BT-6).</summary>
    public static void ShouldBeDead(this HttpResponseMessage answer)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Challenge().ShouldBe(Neutral);
    }

    /// <summary>503 and when to ask again (BT-9).</summary>
    public static void ShouldBeUnknown(this HttpResponseMessage answer)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter.ShouldNotBeNull().Delta.ShouldBe(TimeSpan.FromSeconds(1));
        answer.Headers.WwwAuthenticate.ShouldBeEmpty();
    }
}
