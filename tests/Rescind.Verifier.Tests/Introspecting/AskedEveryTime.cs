using System.Net;
using Microsoft.AspNetCore.Http;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Introspecting;

/// <summary>Routes where the Authority has the last word.</summary>
public sealed class AskedEveryTime
{
    [Fact]
    public async Task Each_request_is_a_question()
    {
        await using var asking = await AskingApi.StartAsync(default);
        var token = asking.Log.Mint();

        (await asking.StatusAsync(token, "/sure")).ShouldBe(HttpStatusCode.OK);
        (await asking.StatusAsync(token, "/sure")).ShouldBe(HttpStatusCode.OK);

        asking.Authority.Questions.ShouldBe([token, token]);
    }

    [Fact]
    public async Task What_is_dead_here_is_401_without_a_question()
    {
        await using var asking = await AskingApi.StartAsync(default);
        var position = asking.Log.End(Match.Token("token-1"));
        await Eventually.Async(() => asking.Api.Status.Position >= position);

        using var answer = await asking.Api.GetAsync(asking.Log.Mint(), "/sure");

        answer.ShouldBeDead();
        asking.Authority.Questions.ShouldBeEmpty();
    }

    [Fact]
    public async Task Inactive_is_401_without_a_word_about_what_the_route_demands()
    {
        await using var asking = await AskingApi.StartAsync(default);
        var token = asking.Log.Mint(new { auth_time = Minting.Now - 1000 });
        asking.Authority.Inactive.Add(token);

        using var answer = await asking.Api.GetAsync(token, "/sure-and-recent");

        answer.ShouldBeDead();
    }

    [Fact]
    public async Task Active_with_an_old_login_is_still_too_old()
    {
        await using var asking = await AskingApi.StartAsync(default);

        using var answer = await asking.Api.GetAsync(asking.Log.Mint(new { auth_time = Minting.Now - 1000 }), "/sure-and-recent");

        answer.Challenge().ShouldEndWith(", max_age=\"300\"");
    }

    [Fact]
    public async Task No_answer_is_503_even_while_the_replica_is_fresh()
    {
        await using var asking = await AskingApi.StartAsync(default);
        asking.Authority.InsteadOfIntrospection = static context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        };

        using var answer = await asking.Api.GetAsync(asking.Log.Mint(), "/sure");

        answer.ShouldBeUnknown();
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"active":null}""")]
    [InlineData("""{"active":"false"}""")]
    [InlineData("""{"active":0}""")]
    [InlineData("[null]")]
    public async Task An_answer_that_says_neither_yes_nor_no_is_503(string body)
    {
        await using var asking = await AskingApi.StartAsync(default);
        asking.Authority.InsteadOfIntrospection = context => context.Response.WriteAsync(body);

        using var answer = await asking.Api.GetAsync(asking.Log.Mint(), "/sure");

        answer.ShouldBeUnknown();
    }

    [Fact]
    public async Task A_replica_that_is_stale_does_not_matter_there()
    {
        await using var asking = await AskingApi.StartAsync(default);
        await asking.BecomeStaleAsync();

        (await asking.StatusAsync(asking.Log.Mint(), "/sure")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_revocation_that_arrives_here_while_the_answer_is_on_its_way_still_counts()
    {
        await using var asking = await AskingApi.StartAsync(default);
        asking.Authority.InsteadOfIntrospection = async context =>
        {
            var position = asking.Log.End(Match.Token("token-1"));
            await Eventually.Async(() => asking.Api.Status.Position >= position);
            await context.Response.WriteAsJsonAsync(new { active = true });
        };

        using var answer = await asking.Api.GetAsync(asking.Log.Mint(), "/sure");

        answer.ShouldBeDead();
    }

    [Fact]
    public async Task A_token_of_another_issuer_is_503_because_the_authority_cannot_speak_for_it()
    {
        var log = new FakeLog();
        Foreign.Register(log);
        await using var asking = await AskingApi.StartAsync(default, log);

        using var answer = await asking.Api.GetAsync(Foreign.Mint(log), "/foreign-sure");

        answer.ShouldBeUnknown();
        asking.Authority.Questions.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_app_reads_what_was_found_in_the_end()
    {
        await using var asking = await AskingApi.StartAsync(StaleAction.Introspect);
        await asking.BecomeStaleAsync();
        var token = asking.Log.Mint();
        asking.Authority.Inactive.Add(token);

        using var answer = await asking.Api.GetAsync(token, "/why");

        (await answer.Content.ReadAsStringAsync()).ShouldBe("Revoked");
    }

    [Fact]
    public async Task No_token_that_was_asked_about_gets_into_a_log_line()
    {
        await using var asking = await AskingApi.StartAsync(default);
        string[] tokens = [asking.Log.Mint(), asking.Log.Mint(new { jti = "token-2" }), asking.Log.Mint(new { jti = "token-3" })];
        asking.Authority.Inactive.Add(tokens[1]);

        await asking.StatusAsync(tokens[0], "/sure");
        await asking.StatusAsync(tokens[1], "/sure");
        asking.Authority.InsteadOfIntrospection = static context => context.Response.WriteAsync("no answer");
        await asking.StatusAsync(tokens[2], "/sure");

        var lines = asking.Api.Logs.GetSnapshot().Select(record => record.Message + record.Exception).ToList();
        lines.ShouldNotContain(
            line => tokens.Any(token => token.Split('.').Any(part => line.Contains(part, StringComparison.Ordinal))));
        lines.ShouldNotContain(line => line.Contains("se+cret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task At_a_real_authority_a_logout_counts_from_the_very_next_request()
    {
        await using var app = await EmbeddedApp.StartAsync("/auth");
        await using var api = await RealAuthority.AskedByAsync(app);

        for (var i = 0; i < 5; i++)
        {
            var token = (string)(await app.LogInAsync("alice"))["access_token"]!;
            (await api.StatusAsync(token, "/sure")).ShouldBe(HttpStatusCode.OK);
            using var logout = await app.SendAsync(HttpMethod.Post, "/logout-without-waiting", token);
            using var answer = await api.GetAsync(token, "/sure");
            answer.ShouldBeDead();
        }
    }
}
