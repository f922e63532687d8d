using System.Net;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Endpoints;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Access;

/// <summary><c>docs/access.md</c>, cell by cell, over real HTTP.</summary>
public sealed class AccessTests(AccessCallers callers) : IClassFixture<AccessCallers>
{
    public static TheoryData<string> Routes => [.. AccessTable.Routes.Keys];

    [Fact]
    public void The_document_has_every_route_of_the_running_server_and_no_other()
    {
        var served = callers.Host.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().SelectMany(endpoint =>
            endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText}"));

        AccessTable.Routes.Keys.ShouldBe(served, ignoreOrder: true);
    }

    [Fact]
    public void The_document_has_a_column_for_every_scope() => Scopes.All.ShouldBeSubsetOf(AccessTable.Callers);

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_route_admits_and_refuses_each_caller_as_documented(string route)
    {
        foreach (var (caller, cell) in AccessTable.Routes[route])
        {
            var answer = await callers.CallAsync(route, caller);

            if (cell == "yes")
            {
                ShouldBeAdmitted(answer, caller);
            }
            else
            {
                ShouldBeRefused(answer, caller, AccessTable.Refusals[cell], route);
            }
        }
    }

    private static void ShouldBeAdmitted(Answer answer, string caller)
    {
        answer.Status.ShouldNotBeOneOf([HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden], $"{caller}: {answer.Text}");
        ((int)answer.Status).ShouldBeLessThan(500, $"{caller}: {answer.Text}");
        CodeOf(answer).ShouldNotBeOneOf(["RSC1904", "RSC1905", .. AccessTable.Refusals.Values.Select(refusal => refusal.Code)], caller);
    }

    private static void ShouldBeRefused(Answer answer, string caller, Refusal refusal, string route)
    {
        var challenge = answer.Response.Headers.TryGetValues("WWW-Authenticate", out var values) ? string.Join(" and ", values) : "";
        var expected = refusal.Challenge.Replace("{scopes}", ScopesOf(route), StringComparison.Ordinal);
        (answer.Status, CodeOf(answer), challenge).ShouldBe((refusal.Status, refusal.Code, expected), $"{caller}: {answer.Text}");
        if (answer["error"] is null)
        {
            answer.ShouldBeProblem(refusal.Status);
        }
    }

    // What the row's own cells say: whoever asks for it may be told no other scope.
    private static string ScopesOf(string route)
    {
        var admitted = Scopes.All.Where(scope => AccessTable.Routes[route][scope] == "yes").ToList();
        return string.Join(' ', admitted.Count == 1 ? admitted : admitted.Where(scope => scope != Scopes.Admin));
    }

    private static string? CodeOf(Answer answer) => answer["code"] ?? answer["error"];
}
