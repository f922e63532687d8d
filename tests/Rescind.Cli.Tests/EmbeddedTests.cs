using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Rescind.Cli.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests;

/// <summary>The sample that has Authority and API in one process.</summary>
public sealed class EmbeddedTests
{
    [Fact]
    public async Task Log_in_call_log_out_refused()
    {
        using var folder = new Folder();
        var url = FreeUrl.Next();
        await using var app = Child.Start(
            Places.Embedded, ["--urls", url], folder.Path, ("ASPNETCORE_ENVIRONMENT", "Development"));
        await app.UntilReadyAsync(url + "/auth/health/ready");
        using var http = new HttpClient { BaseAddress = new(url) };

        (await LogInAsync(http, "wrong")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var answer = await LogInAsync(http, "wonderland");
        var token = (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["access_token"]!;
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);

        (await http.GetAsync("/me")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await http.PostAsync("/logout", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await http.GetAsync("/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (app.Out + app.Error).ShouldNotContain(token);
    }

    private static async Task<HttpResponseMessage> LogInAsync(HttpClient http, string password)
    {
        using var body = new StringContent($$"""{"user":"alice","password":"{{password}}"}""", Encoding.UTF8, "application/json");
        return await http.PostAsync("/login", body);
    }
}
