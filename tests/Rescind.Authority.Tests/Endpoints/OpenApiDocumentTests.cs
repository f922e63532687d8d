using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Tests.Access;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

public sealed class OpenApiDocumentTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _host = shared.Host;

    // An OpenAPI path has no parameter that spans several segments.
    [Fact]
    public async Task Every_route_is_in_it_but_the_preflight_of_browsers_and_the_metadata_of_an_issuer_with_a_path()
    {
        var document = await ReadAsync();

        document.GetProperty("openapi").GetString().ShouldBe("3.1.0");
        Operations(document).Select(operation => operation.Route)
            .ShouldBe(AccessTable.Routes.Keys.Where(route => !route.StartsWith("OPTIONS ", StringComparison.Ordinal)
                && !route.EndsWith("/{**path}", StringComparison.Ordinal)), ignoreOrder: true);
    }

    [Fact]
    public async Task Every_operation_says_what_it_does_what_it_answers_and_who_may_call()
    {
        foreach (var (route, operation) in Operations(await ReadAsync()))
        {
            operation.GetProperty("summary").GetString().ShouldNotBeNullOrEmpty(route);
            operation.GetProperty("responses").EnumerateObject().ShouldContain(response => response.Name.StartsWith('2'), route);
            operation.GetProperty("security").EnumerateArray().Any()
                .ShouldBe(AccessTable.Routes[route]["anonymous"] != "yes", route);
        }
    }

    [Fact]
    public async Task The_scopes_of_an_operation_are_those_that_the_table_of_access_admits()
    {
        foreach (var (route, operation) in Operations(await ReadAsync())
            .Where(one => one.Route.Contains(" /v1/", StringComparison.Ordinal)))
        {
            var scopes =
                operation.GetProperty("security").EnumerateArray().Select(way => way.GetProperty("client")[0].GetString()!);

            scopes.ShouldBe(
                AccessTable.Routes[route].Where(cell => cell.Value == "yes").Select(cell => cell.Key), ignoreOrder: true, route);
        }
    }

    [Fact]
    public async Task Every_reference_in_it_leads_somewhere_and_every_code_is_one_of_ours()
    {
        var (document, text) = (await ReadAsync(), (await _host.GetAsync("/openapi/v1.json")).Text);

        var schemas = document.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(schema => schema.Name);
        Matches(text, "\"#/components/schemas/([^\"]*)\"").ShouldBeSubsetOf(schemas);
        Matches(text, "(RSC[0-9]{4})").ShouldBeSubsetOf(
            typeof(Errors).GetFields().Select(field => ((Error)field.GetValue(null)!).Code));
    }

    [Fact]
    public async Task It_is_the_same_for_everybody_and_has_no_secret_client_or_person_in_it()
    {
        var before = (await _host.GetAsync("/openapi/v1.json")).Text;
        await _host.AddClientAsync("unheard-of");
        await _host.StartSessionAsync("somebody");

        var after = await _host.GetAsync("/openapi/v1.json", await _host.BearerAsync("admin"));

        after.Text.ShouldBe(before);
        after.Text.ShouldNotContain(_host.Get<IOptions<AuthorityOptions>>().Value.DataDirectory);
    }

    [Fact]
    public async Task Under_a_prefix_its_paths_still_count_from_the_issuer()
    {
        using var folder = new TemporaryFolder();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddRescindAuthority(options =>
            (options.Issuer, options.DataDirectory, options.Development) = (AuthorityHost.Issuer + "/auth", folder.Path, true));
        await using var app = builder.Build();
        app.MapRescind("/auth");
        app.MapGet("/orders", () => "the application's own");
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new(app.Urls.Single()) };

        var document = (await Answer.OfAsync(http.GetAsync("/auth/openapi/v1.json"))).Json;

        document.GetProperty("servers")[0].GetProperty("url").GetString().ShouldBe(AuthorityHost.Issuer + "/auth");
        Operations(document).Select(operation => operation.Route)
            .ShouldBe(Operations(await ReadAsync()).Select(operation => operation.Route));
        await app.StopAsync();
    }

    private async Task<JsonElement> ReadAsync()
    {
        var answer = await _host.GetAsync("/openapi/v1.json");
        (answer.Status, answer.Response.Content.Headers.ContentType!.MediaType).ShouldBe((HttpStatusCode.OK, "application/json"));
        return JsonDocument.Parse(answer.Text, new() { AllowDuplicateProperties = false }).RootElement;
    }

    private static IEnumerable<(string Route, JsonElement Operation)> Operations(JsonElement document) =>
        document.GetProperty("paths").EnumerateObject().SelectMany(path =>
            path.Value.EnumerateObject().Select(method => ($"{method.Name.ToUpperInvariant()} {path.Name}", method.Value)));

    private static IEnumerable<string> Matches(string text, string pattern) =>
        Regex.Matches(text, pattern).Select(match => match.Groups[1].Value).Distinct();
}
