using System.Net;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Access;

/// <summary>Why was I logged out? The holder of a genuine token is told which act it was; nobody else is told anything.</summary>
public sealed class ExplanationTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _host = shared.Host;

    [Theory]
    [InlineData(nameof(Effect.End))]
    [InlineData(nameof(Effect.Renew))]
    public async Task A_person_s_token_that_was_taken_back_is_explained(string effect)
    {
        var started = await _host.StartAsync($$"""{ "subject": "{{effect}}", "audience": "{{AuthorityHost.Issuer}}" }""");
        var act = await _host.RevokeAsync(Match.Session(started["session_id"]!), Enum.Parse<Effect>(effect));

        var answer = await _host.GetAsync("/me/sessions", started["access_token"]);

        ShouldBeExplained(answer, act.Revocation!.Position);
    }

    [Fact]
    public async Task An_API_client_s_token_that_was_taken_back_is_explained()
    {
        var bearer = await _host.BearerAsync("sessions");
        var act = await _host.RevokeAsync(_host.Read(bearer)!.Facts.Token);

        ShouldBeExplained(await _host.GetAsync("/v1/sessions", bearer), act.Revocation!.Position);
    }

    [Fact]
    public async Task A_forged_token_of_a_session_that_was_ended_is_not_explained()
    {
        var started = await _host.StartAsync($$"""{ "subject": "forged", "audience": "{{AuthorityHost.Issuer}}" }""");
        await _host.RevokeAsync(Match.Session(started["session_id"]!));
        var token = started["access_token"]!;
        var dot = token.LastIndexOf('.') + 1;
        var forged = token[..dot] + (token[dot] == 'A' ? 'B' : 'A') + token[(dot + 1)..];

        var answer = await _host.GetAsync("/me/sessions", forged);

        answer.ShouldBeProblem(HttpStatusCode.Unauthorized);
        answer["explanation"].ShouldBeNull();
    }

    [Fact]
    public async Task A_living_token_at_the_wrong_door_has_nothing_to_be_explained()
    {
        var answer = await _host.GetAsync("/me/sessions", await _host.BearerAsync("sessions"));

        answer.ShouldBeProblem(HttpStatusCode.Unauthorized);
        answer["explanation"].ShouldBeNull();
    }

    private static void ShouldBeExplained(Answer answer, LogPosition act)
    {
        answer.ShouldBeProblem(HttpStatusCode.Unauthorized);
        (answer["code"], answer["explanation"]).ShouldBe(("RSC1202", act.ToRevocationId()));
    }
}
