using System.Net;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Conformance;

/// <summary>
/// RFC 9457: every refusal outside of OAuth's own endpoints is a problem with a number, a next step and a page.
/// </summary>
public sealed class Rfc9457(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _authority = shared.Host;

    public static TheoryData<string, string, string, int> Refusals { get; } = new()
    {
        { "GET", "/v1/audit?limit=x", "", 400 },
        { "POST", "/v1/clients", "{", 400 },
        { "GET", "/v1/keys", "-", 401 },
        { "GET", "/me/sessions", "", 401 },
        { "POST", "/v1/sessions", """{"subject":"client:x","audience":"orders"}""", 403 },
        { "GET", "/v1/sessions/none", "", 404 },
        { "GET", "/no/such/route", "", 404 },
        { "PUT", "/v1/keys", "", 405 },
        { "POST", "/v1/clients", """{"client_id":"web","kind":"public"}""", 409 },
        { "POST", "/v1/clients", "text", 415 },
    };

    [Theory]
    [Proves("PD-1", "PD-2", "PD-3", "PD-4")]
    [MemberData(nameof(Refusals))]
    public async Task A_refusal_is_a_problem_whose_members_say_what_the_answer_says(
        string method, string path, string body, int status)
    {
        var answer = await AskAsync(method, path, body);

        answer.ShouldBeProblem((HttpStatusCode)status);
        (answer["status"], answer["type"]).ShouldBe(($"{status}", $"urn:rescind:error:{answer["code"]}"));
        Uri.IsWellFormedUriString(answer["type"], UriKind.Absolute).ShouldBeTrue();
        File.Exists(Path.Combine(Documents.Root, answer["docs"]!)).ShouldBeTrue();
        answer.Text.ShouldNotContain("   at ");
        answer.Text.ShouldNotContain("Exception");
    }

    [Fact]
    [Proves("PD-3")]
    public async Task The_title_of_a_type_does_not_change_from_occurrence_to_occurrence()
    {
        var (one, other) = (await AskAsync("GET", "/v1/audit?limit=x", ""), await AskAsync("GET", "/v1/sessions?state=x", ""));
        (one["type"], one["title"]).ShouldBe((other["type"], other["title"]));
        one["detail"].ShouldNotBe(other["detail"]);
    }

    private async Task<Answer> AskAsync(string method, string path, string body)
    {
        var request = new HttpRequestMessage(new(method), path);
        var isPost = method == "POST";
        request.Content = isPost ? new StringContent(body, null, body == "text" ? "text/plain" : "application/json") : null;
        request.Headers.Authorization = body == "-" ? null : new("Bearer", await _authority.BearerAsync("admin"));
        return await _authority.SendAsync(request);
    }
}
