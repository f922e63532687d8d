using System.Net;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Refreshing;

/// <summary>Answers that are no tokens and no end: the session is kept, and the caller told what is wrong.</summary>
public sealed class RefusedRefreshes
{
    private const string Good = "\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":300,\"refresh_token\":\"r\"";

    public static TheoryData<int, string, string?, string> Answers => new()
    {
        { 401, "application/json", """{"error":"invalid_client"}""", "RSC5104" },
        { 400, "application/json", """{"error":"invalid_client"}""", "RSC5104" },
        { 400, "application/json", """{"error":"unauthorized_client"}""", "RSC5104" },
        { 400, "application/json", """{"error":"invalid_request"}""", "RSC5105" },
        { 400, "application/json", """{"error":"invalid_scope"}""", "RSC5105" },
        { 403, "text/html", "<html>no</html>", "RSC5105" },
        { 404, "text/html", "<html>no</html>", "RSC5105" },
        { 302, "text/html", null, "RSC5105" },

        // None of these is a genuine invalid_grant: somebody on the way, or a broken answer.
        { 200, "application/json", """{"error":"invalid_grant"}""", "RSC5105" },
        { 403, "application/json", """{"error":"invalid_grant"}""", "RSC5105" },
        { 400, "text/html", """{"error":"invalid_grant"}""", "RSC5105" },
        { 400, "application/json", """{"error":"invalid_grant","error":"invalid_grant"}""", "RSC5105" },
        { 400, "application/json", """{"error":"invalid_grant",""", "RSC5105" },
        { 400, "application/json", """{"error":["invalid_grant"]}""", "RSC5105" },

        // And none of these is a pair of tokens.
        { 200, "text/html", "{" + Good + "}", "RSC5105" },
        { 200, "application/json", null, "RSC5105" },
        { 200, "application/json", "[]", "RSC5105" },
        { 200, "application/json", "null", "RSC5105" },
        { 200, "application/json", "{" + Good, "RSC5105" },
        { 200, "application/json", "{" + Good + ",\"access_token\":\"b\"}", "RSC5105" },
        { 200, "application/json", "{" + Good.Replace("Bearer", "DPoP", StringComparison.Ordinal) + "}", "RSC5105" },
        { 200, "application/json", "{" + Good.Replace("300", "0", StringComparison.Ordinal) + "}", "RSC5105" },
        { 200, "application/json", "{" + Good.Replace("300", "1e99", StringComparison.Ordinal) + "}", "RSC5105" },
        { 200, "application/json", "{" + Good.Replace("\"a\"", "\"a b\"", StringComparison.Ordinal) + "}", "RSC5105" },
        { 200, "application/json", "{" + Good.Replace("\"a\"", "\"a\\r\\nX: y\"", StringComparison.Ordinal) + "}", "RSC5105" },
        { 200, "application/json", "{" + Good.Replace("\"r\"", "\"\"", StringComparison.Ordinal) + "}", "RSC5105" },
        { 200, "application/json", "{" + Good + ",\"x\":\"" + new string('x', 70_000) + "\"}", "RSC5105" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task The_session_is_kept_and_the_next_refresh_presents_the_same_token(
        int status, string type, string? body, string code)
    {
        await using var world = await World.StartAsync();
        world.Server.BeforeRefresh = ScriptedServer.Times(1, ScriptedServer.Say(status, body, type, ("Location", "/elsewhere")));
        world.ExpireToken();

        var failure = await Should.ThrowAsync<RefreshFailedException>(world.GetAsync());

        (failure.Code, failure.IsTransient, world.Session.State).ShouldBe((code, false, SessionState.Active));
        failure.Message.ShouldContain($"docs/errors/{code}.md");
        world.Time.Advance(TimeSpan.FromSeconds(1));
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Server.Refreshes.ShouldBe(["rt_1", "rt_1"]);
    }

    [Fact]
    public async Task Unknown_members_are_ignored_and_a_missing_refresh_token_leaves_the_old_one()
    {
        await using var world = await World.StartAsync();
        const string body = """{"access_token":"at.9","token_type":"bearer","expires_in":300,"deep":{"er":[1]}}""";
        world.Server.BeforeRefresh = ScriptedServer.Times(1, ScriptedServer.Say(200, body, "application/json; charset=utf-8"));
        world.ExpireToken();

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        (world.Store.Tokens!.AccessToken, world.Store.Tokens.RefreshToken).ShouldBe(("at.9", "rt_1"));
    }

    [Theory]
    [InlineData(null, "web")]
    [InlineData("se+cret", "Basic d2ViOnNlJTJCY3JldA==")]
    public async Task The_client_names_itself_in_the_form_or_with_its_secret_in_the_header(string? secret, string expected)
    {
        await using var world = await World.StartAsync(options => options.ClientSecret = secret);
        world.ExpireToken();

        await world.GetAsync();

        world.Server.ClientCredentials.ShouldBe([expected]);
    }
}
