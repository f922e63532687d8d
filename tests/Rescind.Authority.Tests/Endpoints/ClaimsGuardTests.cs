using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary>What should not stand in a token gets into no session.</summary>
public sealed class ClaimsGuardTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _host = shared.Host;

    [Theory]
    [InlineData(""" "claims": { "contact": "alice@example.com" } """, "contact", "email", "alice@")]
    [InlineData(""" "claims": { "payment": { "with": ["4111 1111 1111 1111"] } } """, "payment", "card_number", "4111")]
    [InlineData(""" "claims": { "password": "hunter2" } """, "password", "name", "hunter2")]
    [InlineData(""" "claims": { "alice@example.com": true } """, "(the name of a claim)", "email", "alice@")]
    [InlineData(""" "tags": { "contact": "alice@example.com" } """, "contact", "email", "alice@")]
    public async Task A_start_and_a_change_with_it_are_refused_and_the_answer_names_the_claim_and_not_the_value(
        string members, string claim, string detector, string value)
    {
        var started = await _host.StartAsync("""{ "subject": "guarded", "audience": "orders" }""");
        var head = _host.Tail.Head;

        foreach (var answer in new[]
        {
            await _host.StartAsync($$"""{ "subject": "guarded", "audience": "orders", {{members}} }"""),
            await _host.ChangeAsync(started["session_id"]!, $"{{ {members} }}"),
        })
        {
            answer.ShouldBeProblem(HttpStatusCode.BadRequest);
            answer["code"].ShouldBe("RSC1316");
            answer["detail"].ShouldNotBeNull().ShouldStartWith($"It is {claim}, ");
            answer["detail"]!.ShouldContain($"(detector {detector})");
            answer.Text.ShouldNotContain(value);
        }

        _host.Tail.Head.ShouldBe(head);
    }

    [Fact]
    public async Task A_claim_that_the_configuration_allows_is_taken_and_no_other()
    {
        await using var host = await AuthorityHost.StartAsync(services => services.Configure<AuthorityOptions>(
            new ConfigurationBuilder().AddInMemoryCollection(
                new Dictionary<string, string?>
                {
                    ["AllowedSensitiveClaims:0"] = "contact", ["AllowedSensitiveClaims:1"] = "password"
                }).Build()));

        var taken = await host.StartAsync(
            """
            { "subject": "a", "audience": "orders", "claims": { "contact": "a@example.com" }, "tags": { "password": "x" } }
            """);
        var other = await host.StartAsync(
            """{ "subject": "a", "audience": "orders", "claims": { "Contact": "a@example.com" } }""");

        taken.Status.ShouldBe(HttpStatusCode.Created, taken.Text);
        other["code"].ShouldBe("RSC1316");
    }
}
