using System.Text.Json.Nodes;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Foreign.Tests.Handmade;

/// <summary>
/// An Authority is a client of another: what ends there ends here, by back-channel logout from end to end (BL-6, BL-1).
/// </summary>
public sealed class TwoAuthorities : IAsyncLifetime
{
    private AuthorityHost _there = null!;
    private AuthorityHost _here = null!;

    public async ValueTask InitializeAsync()
    {
        (_there, _here) =
            (await AuthorityHost.StartAsync(url: FreeUrl.Next()), await AuthorityHost.StartAsync(url: FreeUrl.Next()));
        await PostAsync(_there, "/v1/clients", new()
        {
            ["client_id"] = "here", ["kind"] = "public", ["backchannel_logout_uri"] = UrlOf(_here) + "/backchannel-logout",
        });
        await PostAsync(_here, "/v1/issuers", new()
        {
            ["issuer"] = UrlOf(_there), ["max_token_lifetime"] = 300, ["algorithms"] = new JsonArray("ES256"),
            ["jwks_uri"] = UrlOf(_there) + "/.well-known/jwks.json", ["logout_audiences"] = new JsonArray("here"),
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _there.DisposeAsync();
        await _here.DisposeAsync();
    }

    [Fact]
    public async Task A_session_that_one_ends_is_ended_in_the_log_of_the_other()
    {
        var session = await _there.StartSessionAsync(clientId: "here");
        var before = _here.Tail.Head.Position;

        await PostAsync(_there, "/v1/revocations", new()
        {
            ["match"] = new JsonObject { ["subject"] = "alice" }, ["reason"] = "signed out everywhere",
        });

        await Eventually.Async(() => _here.Tail.Head.Position > before);
        var entry = (await _here.Revocations.ReadAsync(before, 10, CancellationToken.None))!.Entries.Single();
        (entry.Issuer, entry.Match, entry.State!.End.IsEmpty).ShouldBe((UrlOf(_there), Match.Session(session.Id), false));
        await Eventually.Async(async () => (await _there.Get<ILogoutStore>().WaitingAsync(CancellationToken.None)).Count == 0);
        _here.Tail.Head.Position.ShouldBe(entry.Position);
    }

    private static string UrlOf(AuthorityHost authority) => authority.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

    private static async Task PostAsync(AuthorityHost authority, string path, JsonObject body)
    {
        var answer = await authority.PostJsonAsync(path, await authority.BearerAsync("admin"), body.ToJsonString());
        answer.Response.IsSuccessStatusCode.ShouldBeTrue(answer.Text);
    }
}
