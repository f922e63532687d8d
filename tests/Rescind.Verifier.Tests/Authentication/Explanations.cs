using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

/// <summary>What the holder of a genuine token is told if the app wants that; nobody else, and nobody by default.</summary>
public sealed class Explanations
{
    private readonly FakeLog _log = new();

    [Theory]
    [InlineData("revoked", "invalid_token")]
    [InlineData("renew", "invalid_token")]
    [InlineData("reauthenticate", "insufficient_user_authentication")]
    public async Task A_token_that_was_taken_back_is_explained_by_the_act_that_did_it(string reason, string error)
    {
        await using var api = await StartAsync(explains: true);
        var token = _log.Mint(new { auth_time = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 3600 });
        var act = reason switch
        {
            "revoked" => _log.End(Match.Token("token-1")),
            "renew" => _log.Renew(Match.Subject("alice")),
            _ => _log.Reauthenticate(Match.Subject("alice")),
        };
        await Eventually.Async(() => api.Status.Position >= act);

        using var answer = await api.GetAsync(token);

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Challenge().ShouldStartWith($"Bearer error=\"{error}\"");
        answer.Challenge().ShouldEndWith($", reason=\"{reason}\", explanation=\"{act.ToRevocationId()}\"");
    }

    [Fact]
    public async Task A_forged_an_expired_and_a_foreign_token_of_a_revoked_session_are_not_explained()
    {
        await using var api = await StartAsync(explains: true);
        var act = _log.End(Match.Session("session-1"));
        await Eventually.Async(() => api.Status.Position >= act);
        var past = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 3600;
        string[] tokens =
            [Forged(_log.Mint()), _log.Mint(new { iat = past - 60, exp = past }), _log.Mint(new { aud = "elsewhere" })];

        foreach (var token in tokens)
        {
            using var answer = await api.GetAsync(token);
            answer.ShouldBeDead();
        }
    }

    [Fact]
    public async Task By_default_nobody_is_told()
    {
        await using var api = await StartAsync(explains: false);
        var act = _log.End(Match.Token("token-1"));
        await Eventually.Async(() => api.Status.Position >= act);

        using var answer = await api.GetAsync(_log.Mint());

        answer.ShouldBeDead();
    }

    private Task<Api> StartAsync(bool explains) => Api.StartAsync(_log, schemes => schemes.AddRescind(options =>
    {
        options.Audience = "orders";
        options.ExplainRefusals = explains;
    }));

    // Another signature, of the right length.
    private static string Forged(string token)
    {
        var dot = token.LastIndexOf('.') + 1;
        return token[..dot] + (token[dot] == 'A' ? 'B' : 'A') + token[(dot + 1)..];
    }
}
