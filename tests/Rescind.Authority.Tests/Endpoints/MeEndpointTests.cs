using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

public sealed class MeEndpointTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _host = shared.Host;

    [Fact]
    public async Task A_plain_logout_ends_this_session_alone_whatever_API_its_token_is_for()
    {
        var (mine, other) = (await StartAsync("plain", "orders"), await StartAsync("plain"));

        var answer = await LogoutAsync(mine, "{}");

        answer.Status.ShouldBe(HttpStatusCode.NoContent, answer.Text);
        (VerdictOf(mine), VerdictOf(other)).ShouldBe((VerdictKind.Revoked, VerdictKind.Valid));
        (await _host.RefreshAsync(mine["refresh_token"]!))["reason"].ShouldBe("ended");
    }

    [Fact]
    public async Task A_plain_logout_works_with_an_expired_token_and_nothing_else_does()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var host = await AuthorityHost.StartAsync(services => services.AddSingleton<TimeProvider>(time));
        var started = await host.StartAsync($$"""{"subject":"late","audience":"{{AuthorityHost.Issuer}}"}""");
        var token = started["access_token"]!;
        time.Advance(TimeSpan.FromHours(1));

        (await host.PostJsonAsync("/me/logout", token, """{"others":true}""")).ShouldBeProblem(HttpStatusCode.Unauthorized);
        (await host.PostJsonAsync("/me/logout", token, """{"everywhere":true}""")).ShouldBeProblem(HttpStatusCode.Unauthorized);
        (await host.GetAsync("/me/sessions", token)).ShouldBeProblem(HttpStatusCode.Unauthorized);
        (await host.DeleteAsync($"/me/sessions/{started["session_id"]}", token)).ShouldBeProblem(HttpStatusCode.Unauthorized);
        (await host.PostJsonAsync("/me/logout", token, "{}")).Status.ShouldBe(HttpStatusCode.NoContent);

        (await host.RefreshAsync(started["refresh_token"]!))["reason"].ShouldBe("ended");
    }

    [Fact]
    public async Task A_revoked_token_does_nothing()
    {
        var mine = await StartAsync("gone");
        await LogoutAsync(mine, "{}");

        var answer = await LogoutAsync(mine, "{}");

        answer.ShouldBeProblem(HttpStatusCode.Unauthorized);
        answer["code"].ShouldBe("RSC1202");
    }

    [Fact]
    public async Task A_logout_of_the_others_ends_every_session_of_the_person_but_this()
    {
        var (mine, other, third, stranger) =
            (await StartAsync("others"), await StartAsync("others"), await StartAsync("others", "orders"),
                await StartAsync("stranger"));

        var answer = await LogoutAsync(mine, """{"others":true}""");

        answer.Status.ShouldBe(HttpStatusCode.NoContent, answer.Text);
        new[] { mine, other, third, stranger }.Select(VerdictOf)
            .ShouldBe([VerdictKind.Valid, VerdictKind.Revoked, VerdictKind.Revoked, VerdictKind.Valid]);
    }

    [Fact]
    public async Task A_logout_of_the_others_that_is_repeated_writes_nothing()
    {
        var (mine, other) = (await StartAsync("repeater"), await StartAsync("repeater"));
        await LogoutAsync(mine, """{"others":true}""");
        var head = _host.Get<Replica>().Position;

        var again = await LogoutAsync(mine, """{"others":true}""");

        (again.Status, _host.Get<Replica>().Position, VerdictOf(other))
            .ShouldBe((HttpStatusCode.NoContent, head, VerdictKind.Revoked));
    }

    [Fact]
    public async Task A_logout_everywhere_ends_every_session_of_the_person()
    {
        var (mine, other, stranger) =
            (await StartAsync("everywhere"), await StartAsync("everywhere", "orders"), await StartAsync("Everywhere"));

        var answer = await LogoutAsync(mine, """{"everywhere":true}""");

        answer.Status.ShouldBe(HttpStatusCode.NoContent, answer.Text);
        new[] { mine, other, stranger }.Select(VerdictOf).ShouldBe([VerdictKind.Revoked, VerdictKind.Revoked, VerdictKind.Valid]);
        (await _host.RefreshAsync(other["refresh_token"]!))["reason"].ShouldBe("ended");
    }

    [Theory]
    [InlineData("""{"others":true,"everywhere":true}""", 400, "RSC1314")]
    [InlineData("""{"others":"true"}""", 400, "RSC1109")]
    [InlineData("""{"others":null}""", 400, "RSC1108")]
    [InlineData("""{"all":true}""", 400, "RSC1106")]
    [InlineData("""{"others":true,"others":false}""", 400, "RSC1105")]
    [InlineData("", 400, "RSC1103")]
    public async Task A_logout_that_does_not_say_what_is_refused_and_ends_nothing(string body, int status, string code)
    {
        var mine = await StartAsync("unclear");

        var answer = await LogoutAsync(mine, body);

        answer.ShouldBeProblem((HttpStatusCode)status);
        (answer["code"], VerdictOf(mine)).ShouldBe((code, VerdictKind.Valid));
    }

    [Theory]
    [InlineData("POST", "/me/logout", """{"others":true}""")]
    [InlineData("POST", "/me/logout", """{"everywhere":true}""")]
    [InlineData("GET", "/me/sessions", null)]
    [InlineData("DELETE", "/me/sessions/{0}", null)]
    public async Task An_API_that_receives_a_token_cannot_end_the_rest_with_it(string method, string path, string? body)
    {
        var (mine, other) = (await StartAsync("received", $"{AuthorityHost.Issuer}/", "orders"), await StartAsync("received"));
        var request = new HttpRequestMessage(new(method), path.Replace("{0}", other["session_id"], StringComparison.Ordinal));
        request.Headers.Authorization = new("Bearer", mine["access_token"]);
        request.Content = body is null ? null : new StringContent(body, null, "application/json");

        var answer = await _host.SendAsync(request);

        answer.ShouldBeProblem(HttpStatusCode.Forbidden);
        (answer["code"], VerdictOf(other)).ShouldBe(("RSC1205", VerdictKind.Valid));
    }

    [Fact]
    public async Task The_list_has_the_living_sessions_of_the_person_with_the_current_one_marked_and_no_token()
    {
        var (mine, other, ended) = (await StartAsync("lister"), await StartAsync("lister", "orders"), await StartAsync("lister"));
        await StartAsync("stranger");
        await LogoutAsync(ended, "{}");

        var answer = await _host.GetAsync("/me/sessions?subject=stranger", mine["access_token"]);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
        answer.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        Marks(answer).ShouldBe([(other["session_id"], false), (mine["session_id"], true)]);
        new[] { mine["access_token"]!, mine["refresh_token"]!, other["refresh_token"]! }
            .ShouldAllBe(token => !answer.Text.Contains(token));
        Marks(await _host.GetAsync("/me/sessions?state=ended", mine["access_token"])).ShouldBe([(ended["session_id"], false)]);
    }

    [Fact]
    public async Task One_session_of_the_person_can_be_ended_again_and_again()
    {
        var (mine, other) = (await StartAsync("picker"), await StartAsync("picker"));
        var path = $"/me/sessions/{other["session_id"]}";

        var first = await _host.DeleteAsync(path, mine["access_token"]!);
        var second = await _host.DeleteAsync(path, mine["access_token"]!);

        (first.Status, second.Status).ShouldBe((HttpStatusCode.NoContent, HttpStatusCode.NoContent));
        (VerdictOf(mine), VerdictOf(other)).ShouldBe((VerdictKind.Valid, VerdictKind.Revoked));
    }

    [Fact]
    public async Task Another_persons_session_is_as_unknown_as_one_that_never_was()
    {
        var (mine, stranger) = (await StartAsync("nosy"), await StartAsync("stranger"));

        var others = await _host.DeleteAsync($"/me/sessions/{stranger["session_id"]}", mine["access_token"]!);
        var never = await _host.DeleteAsync("/me/sessions/never", mine["access_token"]!);

        others.ShouldBeProblem(HttpStatusCode.NotFound);
        (others["code"], others.Text).ShouldBe(("RSC1312", never.Text));
        VerdictOf(stranger).ShouldBe(VerdictKind.Valid);
    }

    private Task<Answer> StartAsync(string subject, params string[] audience) => _host.StartAsync(
        $$"""
        {"subject":"{{subject}}",
        "audience":{{JsonSerializer.Serialize(audience.Length > 0 ? audience : ["orders", AuthorityHost.Issuer])}}}
        """);

    private Task<Answer> LogoutAsync(Answer started, string body) =>
        _host.PostJsonAsync("/me/logout", started["access_token"]!, body);

    private VerdictKind VerdictOf(Answer started) => _host.Read(started["access_token"]!)!.Verdict.Kind;

    private static IEnumerable<(string?, bool)> Marks(Answer answer) => answer.Json.GetProperty("sessions").EnumerateArray()
        .Select(session => (session.GetProperty("session_id").GetString(), session.GetProperty("current").GetBoolean()));
}
