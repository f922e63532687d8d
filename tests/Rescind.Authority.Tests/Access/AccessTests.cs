using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
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
            endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Select(
                method => $"{method} {endpoint.RoutePattern.RawText}"));

        AccessTable.Routes.Keys.ShouldBe(served, ignoreOrder: true);
    }

    [Fact]
    public void The_document_has_a_column_for_every_scope() => ScopeNames.All.ShouldBeSubsetOf(AccessTable.Callers);

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

    [Fact]
    public async Task A_token_in_the_URL_is_none_and_beside_another_it_is_one_too_many()
    {
        var admin = await callers.Host.BearerAsync(ScopeNames.Admin);

        var beside = await callers.Host.GetAsync($"/v1/clients?access_token={admin}", admin);

        beside.ShouldBeProblem(HttpStatusCode.BadRequest);
        (CodeOf(beside), beside.Response.Headers.WwwAuthenticate.Single().Scheme).ShouldBe(("RSC1204", "Bearer"));
        CodeOf(await callers.Host.GetAsync($"/v1/clients?access_token={admin}")).ShouldBe("RSC1201");
    }

    [Fact]
    public async Task Two_Authorization_headers_are_one_too_many()
    {
        var admin = await callers.Host.BearerAsync(ScopeNames.Admin);
        var url = callers.Host.Http.BaseAddress!;
        using var connection = new TcpClient(url.Host, url.Port);
        var header = $"Authorization: Bearer {admin}\r\n";
        await connection.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes(
                $"GET /v1/clients HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: close\r\n{header}{header}\r\n"));

        var answer = await new StreamReader(connection.GetStream()).ReadToEndAsync();

        answer.ShouldStartWith("HTTP/1.1 400 ");
        answer.ShouldContain("RSC1204");
    }

    [Fact]
    public async Task A_token_that_asked_for_less_than_its_client_holds_is_worth_less()
    {
        var id = (await callers.Host.AddClientAsync(Entropy.System.NextId(), scopes: ScopeNames.Admin)).ClientId;

        var token = (await callers.Host.PostFormAsync(
            "/token", "grant_type=client_credentials&scope=feed", basic: id))["access_token"];

        (await callers.Host.GetAsync("/v1/verifiers", token)).Status.ShouldBe(HttpStatusCode.OK);
        CodeOf(await callers.Host.GetAsync("/v1/clients", token)).ShouldBe("RSC1203");
    }

    [Fact]
    public async Task A_token_that_says_more_than_its_client_holds_now_is_worth_what_it_holds()
    {
        var client = await callers.Host.AddClientAsync(Entropy.System.NextId(), scopes: ScopeNames.Feed);

        var token = callers.Host.Tokens.IssueFor(client, ScopeNames.All, callers.Host.Tail.Head.Position).Text;

        (await callers.Host.GetAsync("/v1/verifiers", token)).Status.ShouldBe(HttpStatusCode.OK);
        CodeOf(await callers.Host.GetAsync("/v1/clients", token)).ShouldBe("RSC1203");
    }

    private static void ShouldBeAdmitted(Answer answer, string caller)
    {
        answer.Status.ShouldNotBeOneOf([HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden], $"{caller}: {answer.Text}");
        ((int)answer.Status).ShouldBeLessThan(500, $"{caller}: {answer.Text}");
        CodeOf(answer)
            .ShouldNotBeOneOf(["RSC1904", "RSC1905", .. AccessTable.Refusals.Values.Select(refusal => refusal.Code)], caller);
    }

    private static void ShouldBeRefused(Answer answer, string caller, Refusal refusal, string route)
    {
        var challenge = answer.Response.Headers.TryGetValues("WWW-Authenticate", out var values)
            ? string.Join(" and ", values)
            : "";
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
        var admitted = ScopeNames.All.Where(scope => AccessTable.Routes[route][scope] == "yes").ToList();
        return string.Join(' ', admitted.Count == 1 ? admitted : admitted.Where(scope => scope != ScopeNames.Admin));
    }

    private static string? CodeOf(Answer answer) => answer["code"] ?? answer["error"];
}
