using System.Buffers.Text;
using System.Net;
using System.Text.Json;
using Rescind.Authority.Sessions;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Conformance;

/// <summary>RFC 8707 section 2.2 over real HTTP: <c>resource</c> at the token endpoint.</summary>
public sealed class Rfc8707(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private const string Api = "https://api.example.com/mcp";

    private readonly AuthorityHost _authority = shared.Host;

    [Theory]
    [Proves("RI-1", "RI-3")]
    [InlineData("&resource=orders", "orders")]
    [InlineData("&resource=https%3A%2F%2Fapi.example.com%2Fmcp", Api)]
    [InlineData("&resource=orders&resource=orders", "orders")]
    [InlineData("&resource=https%3A%2F%2Fapi.example.com%2Fmcp&resource=orders", "orders " + Api)]
    [InlineData("", "orders " + Api + " stock")]
    public async Task A_refresh_gives_a_token_for_the_resources_that_were_named(string resources, string audiences)
    {
        var answer = await _authority.RefreshAsync(await StartAsync(), resources);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
        AudiencesOf(answer).ShouldBe(audiences.Split(' '));
    }

    [Theory]
    [Proves("RI-1", "RI-2")]
    [InlineData("&resource=")]
    [InlineData("&resource")]
    [InlineData("&resource=orders&resource=")]
    [InlineData("&resource=Orders")]
    [InlineData("&resource=orders%20stock")]
    [InlineData("&resource=orders&resource=billing")]
    [InlineData("&resource=https%3A%2F%2Fapi.example.com%2Fmcp%2F")]
    [InlineData("&resource=https%3A%2F%2Fapi.example.com%2Fmcp%23part")]
    [InlineData("&resource=http%3A%2F%2F127.0.0.1%3A7070%2Fv1")]
    public async Task A_resource_that_is_no_audience_of_the_session_is_an_invalid_target(string resources)
    {
        var token = await StartAsync();

        (await _authority.RefreshAsync(token, resources)).ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_target");

        var next = await _authority.RefreshAsync(token);
        (next.Status, AudiencesOf(next).Length).ShouldBe((HttpStatusCode.OK, 3));
    }

    [Fact]
    [Proves("RI-4")]
    public async Task The_refresh_token_keeps_every_audience_of_the_session()
    {
        var first = await StartAsync();
        var narrow = await _authority.RefreshAsync(first, "&resource=orders");

        var retried = await _authority.RefreshAsync(first, "&resource=stock");
        var whole = await _authority.RefreshAsync(narrow["refresh_token"]!);

        (AudiencesOf(retried).ShouldHaveSingleItem(), retried["refresh_token"]).ShouldBe(("stock", narrow["refresh_token"]));
        AudiencesOf(whole).ShouldBe(["orders", Api, "stock"]);
    }

    [Theory]
    [Proves("RI-2", "RI-3")]
    [InlineData("http%3A%2F%2F127.0.0.1%3A7070%2Fv1", true)]
    [InlineData("http%3A%2F%2F127.0.0.1%3A7070", false)]
    [InlineData("http%3A%2F%2F127.0.0.1%3A7070%2Fv1%23part", false)]
    [InlineData("orders", false)]
    [InlineData("", false)]
    public async Task A_clients_own_token_is_for_this_Authority_alone(string resource, bool isTaken)
    {
        var id = Guid.NewGuid().ToString("n");
        await _authority.AddClientAsync(id, scopes: "feed");

        var answer = await _authority.PostFormAsync("/token", $"grant_type=client_credentials&resource={resource}", basic: id);

        if (isTaken)
        {
            AudiencesOf(answer).ShouldBe([AuthorityHost.Issuer + "/v1"]);
            return;
        }

        answer.ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_target");
    }

    [Fact]
    public async Task No_number_of_resources_is_without_a_bound() =>
        (await _authority.RefreshAsync(await StartAsync(), string.Concat(Enumerable.Repeat("&resource=orders", 65))))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_request");

    private static string[] AudiencesOf(Answer answer)
    {
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(answer["access_token"]!.Split('.')[1]));
        var audience = claims.RootElement.GetProperty("aud");
        return audience.ValueKind is JsonValueKind.Array
            ? [.. audience.EnumerateArray().Select(one => one.GetString()!)]
            : [audience.GetString()!];
    }

    private async Task<string> StartAsync()
    {
        var started = await _authority.Get<ISessions>().StartAsync(
            new SessionStart { Subject = "alice", Audience = ["orders", Api, "stock"] }, TestContext.Current.CancellationToken);
        return started.RefreshToken;
    }
}
