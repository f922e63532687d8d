using System.Net;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary>What a page of another origin may call and read: the origins are those that some client's record lists.</summary>
public sealed class CrossOriginTests : IClassFixture<SharedAuthority>, IAsyncLifetime
{
    private const string Shop = "https://shop.example";

    private readonly AuthorityHost _host;

    public CrossOriginTests(SharedAuthority shared) => _host = shared.Host;

    public async ValueTask InitializeAsync()
    {
        var body = $$"""{"client_id":"shop","kind":"public","origins":["{{Shop}}","http://localhost:3000"]}""";
        ((int)(await _host.PostJsonAsync("/v1/clients", await _host.BearerAsync("admin"), body)).Status)
            .ShouldBeOneOf([201, 409]);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("/token", "POST", Shop)]
    [InlineData("/revoke", "POST", Shop)]
    [InlineData("/me/logout", "POST", Shop)]
    [InlineData("/me/sessions", "GET", "http://localhost:3000")]
    [InlineData("/me/sessions/any", "DELETE", Shop)]
    public async Task A_page_of_a_known_origin_may_call(string path, string method, string origin)
    {
        var preflight = await CallAsync("OPTIONS", path, origin, method);

        preflight.Status.ShouldBe(HttpStatusCode.NoContent);
        Header(preflight, "Access-Control-Allow-Origin").ShouldBe(origin);
        Header(preflight, "Access-Control-Allow-Methods").ShouldContain(method);
        Header(preflight, "Access-Control-Allow-Headers").ShouldBe("Authorization,Content-Type");
        Header(preflight, "Access-Control-Allow-Credentials").ShouldBeEmpty();
        Header(preflight, "Vary").ShouldBe("Origin");
    }

    [Theory]
    [InlineData("POST", "/token")]
    [InlineData("POST", "/revoke")]
    [InlineData("POST", "/me/logout")]
    [InlineData("GET", "/me/sessions")]
    public async Task A_page_of_a_known_origin_can_read_why_it_was_refused(string method, string path)
    {
        var answer = await CallAsync(method, path, Shop);

        ((int)answer.Status).ShouldBeInRange(400, 499);
        Header(answer, "Access-Control-Allow-Origin").ShouldBe(Shop);
        Header(answer, "Access-Control-Expose-Headers").ShouldBe("WWW-Authenticate,Retry-After");
        Header(answer, "Access-Control-Allow-Credentials").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("https://shop.example.evil.example")]
    [InlineData("https://SHOP.example")]
    [InlineData("https://shop.example/")]
    [InlineData("https://shop.example:8443")]
    [InlineData("http://shop.example")]
    [InlineData("null")]
    [InlineData("*")]
    public async Task A_page_of_an_unknown_origin_gets_nothing(string origin)
    {
        foreach (var (method, path, asked) in new[] { ("OPTIONS", "/token", "POST"), ("POST", "/token", null),
            ("GET", "/me/sessions", null) })
        {
            var answer = await CallAsync(method, path, origin, asked);

            answer.Response.Headers.Select(header => header.Key)
                .ShouldNotContain(name => name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase), path);
        }
    }

    [Theory]
    [InlineData("/v1/sessions")]
    [InlineData("/v1/clients")]
    [InlineData("/v1/revocations")]
    [InlineData("/v1/feed")]
    [InlineData("/introspect")]
    public async Task What_servers_call_is_open_to_no_page(string path)
    {
        foreach (var (method, asked) in new[] { ("OPTIONS", "POST"), ("GET", null), ("POST", null) })
        {
            var answer = await CallAsync(method, path, Shop, asked);

            Header(answer, "Access-Control-Allow-Origin").ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task An_origin_goes_with_its_client()
    {
        var admin = await _host.BearerAsync("admin");
        await _host.PostJsonAsync(
            "/v1/clients", admin, """{"client_id":"brief","kind":"public","origins":["https://brief.example"]}""");
        Header(await CallAsync("POST", "/token", "https://brief.example"), "Access-Control-Allow-Origin")
            .ShouldBe("https://brief.example");

        await _host.DeleteAsync("/v1/clients/brief", admin);

        Header(await CallAsync("POST", "/token", "https://brief.example"), "Access-Control-Allow-Origin").ShouldBeEmpty();
    }

    private Task<Answer> CallAsync(string method, string path, string origin, string? asked = null)
    {
        var request = new HttpRequestMessage(new(method), path);
        request.Headers.TryAddWithoutValidation("Origin", origin);
        if (asked is not null)
        {
            request.Headers.Add("Access-Control-Request-Method", asked);
            request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        }

        return _host.SendAsync(request);
    }

    private static string Header(Answer answer, string name) =>
        answer.Response.Headers.TryGetValues(name, out var values) ? string.Join(",", values) : "";
}
