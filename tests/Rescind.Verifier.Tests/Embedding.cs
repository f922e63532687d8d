using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests;

/// <summary>An app that is its own Authority: both sides in one process, joined by the feed alone.</summary>
public sealed class Embedding
{
    [Theory]
    [InlineData("")]
    [InlineData("/auth")]
    public async Task Logged_out_is_refused_at_the_very_next_call(string prefix)
    {
        await using var app = await EmbeddedApp.StartAsync(prefix);
        var token = (string)(await app.LogInAsync("alice"))["access_token"]!;
        using var before = await app.SendAsync(HttpMethod.Get, "/me", token);

        using var logout = await app.SendAsync(HttpMethod.Post, "/logout", token);
        using var after = await app.SendAsync(HttpMethod.Get, "/me", token);

        (await before.Content.ReadAsStringAsync()).ShouldBe("alice");
        logout.StatusCode.ShouldBe(HttpStatusCode.OK);
        after.ShouldBeDead();
    }

    [Fact]
    public async Task A_logout_that_does_not_wait_reaches_the_verifier_too_and_no_other_session()
    {
        await using var app = await EmbeddedApp.StartAsync("/auth");
        var token = (string)(await app.LogInAsync("alice"))["access_token"]!;
        var other = (string)(await app.LogInAsync("alice"))["access_token"]!;

        using var logout = await app.SendAsync(HttpMethod.Post, "/logout-without-waiting", token);

        logout.StatusCode.ShouldBe(HttpStatusCode.OK);
        await Eventually.Async(async () =>
        {
            using var answer = await app.SendAsync(HttpMethod.Get, "/me", token);
            return answer.StatusCode is HttpStatusCode.Unauthorized;
        });
        using var alive = await app.SendAsync(HttpMethod.Get, "/me", other);
        alive.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_replica_is_proved_current_again_and_again_while_nothing_happens()
    {
        await using var app = await EmbeddedApp.StartAsync("/auth");
        var position = app.Status.Position;

        for (var (renewed, last) = (0, app.Status.Age); renewed < 3;)
        {
            await Eventually.Async(() =>
            {
                var (age, before) = (app.Status.Age, last);
                last = age;
                return age < before;
            });
            renewed++;
        }

        app.Status.Position.ShouldBe(position);
        app.Status.LastError.ShouldBeNull();
    }

    [Theory]
    [InlineData("", "/.well-known/oauth-authorization-server")]
    [InlineData("/auth", "/.well-known/oauth-authorization-server/auth")]
    public async Task Whoever_knows_the_issuer_finds_everything(string prefix, string oauth)
    {
        await using var app = await EmbeddedApp.StartAsync(prefix);
        var issuer = app.Url + prefix;

        var metadata = await app.ReadAsync(prefix + "/.well-known/openid-configuration");
        var keys = await app.ReadAsync((string)metadata!["jwks_uri"]!);

        ((string?)metadata["issuer"]).ShouldBe(issuer);
        ((string?)metadata["token_endpoint"]).ShouldBe(issuer + "/token");
        JsonNode.DeepEquals(await app.ReadAsync(oauth), metadata).ShouldBeTrue();
        keys!["keys"]!.AsArray().ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("/auth")]
    public async Task Another_api_follows_the_same_log_over_http(string prefix)
    {
        await using var app = await EmbeddedApp.StartAsync(prefix);
        await using var api = await Api.StartAsync(new()
        {
            Schemes = static schemes => schemes.AddRescind(),
            Configuration = new()
            {
                ["Rescind:Authority"] = app.Url + prefix, ["Rescind:Audience"] = app.Url + prefix,
                ["Rescind:ClientId"] = "admin", ["Rescind:ClientSecret"] = app.AdminSecret,
            },
        });
        var token = (string)(await app.LogInAsync("alice"))["access_token"]!;
        (await api.StatusAsync(token)).ShouldBe(HttpStatusCode.OK);

        using var logout = await app.SendAsync(HttpMethod.Post, "/logout", token);

        using var answer = await api.GetAsync(token);
        answer.ShouldBeDead();
    }

    [Fact]
    public async Task Outside_of_development_nobody_guesses_the_issuer() =>
        (await Should.ThrowAsync<Exception>(() => EmbeddedApp.StartAsync("/auth", "Production"))).Message
            .ShouldMatch("RSC1002 .*Rescind:Issuer");
}
