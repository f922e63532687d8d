using System.Net;
using Rescind.Authority.Revocations;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Revocations;

/// <summary>
/// An end that was acknowledged while something else covered its target stands when that is taken back: every way to
/// end something records its own act, once for its actor.
/// </summary>
public sealed class CoveredEndTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _host = shared.Host;

    public static TheoryData<string, string> Cases =>
        new((from way in Ways.Keys from cover in new[] { "end", "block" }
            where !(way is "replaces" && cover is "block") select (way, cover)).ToArray());

    private static Dictionary<string, Func<AuthorityHost, Target, Task>> Ways => new()
    {
        ["refresh token"] = async (host, target) => (await host.PostFormAsync("/revoke", $"client_id=web&token={target.Newest}"))
            .Status.ShouldBe(HttpStatusCode.OK),
        ["rotated refresh token"] = async (host, target) =>
            (await host.PostFormAsync("/revoke", $"client_id=web&token={target.Oldest}"))
                .Status.ShouldBe(HttpStatusCode.OK),
        ["other client's refresh token"] = async (host, target) =>
        {
            var client = await host.AddClientAsync(Entropy.System.NextId(), ClientKind.Confidential, "revoke");
            (await host.PostFormAsync("/revoke", $"token={target.Newest}", basic: client.ClientId)).Status
                .ShouldBe(HttpStatusCode.OK);
        },
        ["session"] = async (host, target) =>
            (await host.DeleteAsync($"/v1/sessions/{target.Id}", await host.BearerAsync("admin")))
                .Status.ShouldBe(HttpStatusCode.NoContent),
        ["reuse"] = async (host, target) => (await host.RefreshAsync(target.Oldest))["error"].ShouldBe("invalid_grant"),
        ["browser"] = async (host, target) => (await new Page(host, target.Newest).LogOutAsync())
            .Status.ShouldBe(HttpStatusCode.NoContent),
        ["replaces"] = async (host, target) => (await host.StartAsync(
            $$"""{"subject":"{{target.Subject}}","audience":"orders","replaces":"{{target.Id}}"}""")).Status
                .ShouldBe(HttpStatusCode.Created),
        ["embedding application"] = (host, target) => host.Get<IRevocations>().RevokeAsync(
            Match.Session(target.Id), "signed out", CancellationToken.None),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_session_that_was_ended_while_another_act_covered_it_stays_ended_when_that_is_lifted(
        string way, string cover)
    {
        var target = await StartAsync();
        var covering = await CoverAsync(target.Subject, cover);
        var before = _host.Tail.Head.Position;

        await Ways[way](_host, target);
        var recorded = _host.Tail.Head.Position;
        await Ways[way](_host, target);
        await LiftAsync(covering);

        recorded.ShouldBeGreaterThan(before);
        var refused = await _host.RefreshAsync(target.Newest);
        (refused["error"], refused["reason"]).ShouldBe(("invalid_grant", "ended"));
        _host.Read(target.AccessToken)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
        var acts = await ActsOnAsync(Match.Session(target.Id));
        acts.Count.ShouldBe(
            way is "other client's refresh token" or "session" or "replaces" ? 2 : 1, "two callers, or the same twice");
        (await ShownAsync(target.Id))["ended_by"].ShouldBeOneOf([.. acts.Select(act => act.Position.ToRevocationId())]);
    }

    [Theory]
    [InlineData("end")]
    [InlineData("block")]
    public async Task An_access_token_that_was_revoked_while_another_act_covered_it_stays_revoked_when_that_is_lifted(
        string cover)
    {
        var target = await StartAsync();
        var covering = await CoverAsync(target.Subject, cover);

        (await _host.PostFormAsync("/revoke", $"client_id=web&token={target.AccessToken}")).Status.ShouldBe(HttpStatusCode.OK);
        var recorded = _host.Tail.Head.Position;
        (await _host.PostFormAsync("/revoke", $"client_id=web&token={target.AccessToken}")).Status.ShouldBe(HttpStatusCode.OK);
        _host.Tail.Head.Position.ShouldBe(recorded);
        await LiftAsync(covering);

        _host.Read(target.AccessToken)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
        (await _host.RefreshAsync(target.Newest))["error"].ShouldBeNull();
    }

    [Fact]
    public async Task One_of_a_person_s_own_sessions_that_is_ended_while_its_client_is_covered_stays_ended()
    {
        var client = await _host.AddClientAsync(Entropy.System.NextId(), ClientKind.Public);
        var subject = Entropy.System.NextId();
        var mine = await _host.StartAsync($$"""{"subject":"{{subject}}","audience":"{{AuthorityHost.Issuer}}"}""");
        var other = await _host.StartSessionAsync(subject, client.ClientId);
        var covering = (await _host.RevokeAsync(Match.Client(client.ClientId))).Revocation!;

        for (var i = 0; i < 2; i++)
        {
            (await _host.DeleteAsync($"/me/sessions/{other.Id}", mine["access_token"]!)).Status
                .ShouldBe(HttpStatusCode.NoContent);
        }

        await LiftAsync(covering);

        (await _host.Get<ISessionStore>().FindAsync(other.Id, CancellationToken.None))!.EndedBy.ShouldNotBeNull();
        _host.Read(_host.AccessTokenOf(other))!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
        (await ActsOnAsync(Match.Session(other.Id))).Single().Actor.ShouldBe("subject:" + subject);
    }

    [Fact]
    public async Task The_other_sessions_of_a_person_stay_ended_for_every_API_when_what_covered_them_is_lifted()
    {
        var client = await _host.AddClientAsync(Entropy.System.NextId(), ClientKind.Public);
        var subject = Entropy.System.NextId();
        var mine = await _host.StartAsync($$"""{"subject":"{{subject}}","audience":"{{AuthorityHost.Issuer}}"}""");
        var other = await _host.StartSessionAsync(subject, client.ClientId);
        var covering = (await _host.RevokeAsync(Match.Client(client.ClientId))).Revocation!;

        var answer = await _host.PostJsonAsync("/me/logout", mine["access_token"]!, """{"others":true}""");
        await LiftAsync(covering);

        answer.Status.ShouldBe(HttpStatusCode.NoContent);
        (await _host.Get<ISessionStore>().FindAsync(other.Id, CancellationToken.None))!.EndedBy.ShouldNotBeNull();
        _host.Read(_host.AccessTokenOf(other))!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
    }

    [Fact]
    public async Task Each_actor_has_an_act_of_its_own_and_after_its_lift_a_repeat_records_again()
    {
        var target = await StartAsync();
        await Ways["refresh token"](_host, target);
        await Ways["embedding application"](_host, target);
        var acts = await ActsOnAsync(Match.Session(target.Id));
        acts.Select(act => act.Actor).ShouldBe(["app", "client:web"], ignoreOrder: true);

        await LiftAsync(acts.Single(act => act.Actor == "client:web"));
        (await ShownAsync(target.Id))["ended_by"].ShouldBe(acts.Single(act => act.Actor == "app").Position.ToRevocationId());
        await Ways["refresh token"](_host, target);
        await LiftAsync(acts.Single(act => act.Actor == "app"));

        (await ActsOnAsync(Match.Session(target.Id))).Count.ShouldBe(3);
        (await _host.RefreshAsync(target.Newest))["reason"].ShouldBe("ended");
    }

    [Fact]
    public async Task A_revocation_by_its_own_name_is_always_recorded()
    {
        var target = await StartAsync();
        var admin = await _host.BearerAsync("admin");
        var body = $$$"""{"match":{"session":"{{{target.Id}}}"},"reason":"test"}""";

        var (first, second) = (
            await _host.PostJsonAsync("/v1/revocations", admin, body),
            await _host.PostJsonAsync("/v1/revocations", admin, body));
        (await _host.DeleteAsync($"/v1/sessions/{target.Id}", admin)).Status.ShouldBe(HttpStatusCode.NoContent);

        (first.Status, second.Status).ShouldBe((HttpStatusCode.Created, HttpStatusCode.Created));
        (await ActsOnAsync(Match.Session(target.Id))).Select(act => act.Position.ToRevocationId())
            .ShouldBe([second["id"]!, first["id"]!]);
    }

    private async Task<Target> StartAsync()
    {
        var subject = Entropy.System.NextId();
        var started = await _host.StartAsync($$"""{"subject":"{{subject}}","audience":"orders"}""");
        var second = await _host.RefreshAsync(started["refresh_token"]!);
        var third = await _host.RefreshAsync(second["refresh_token"]!);
        return new(started["session_id"]!, subject, started["refresh_token"]!, third["refresh_token"]!, third["access_token"]!);
    }

    private async Task<Revocation> CoverAsync(string subject, string cover) => (await _host.RevokeAsync(
        Match.Subject(subject), cover is "end" ? Effect.End : Effect.Block,
        cover is "end" ? null : DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 600)).Revocation!;

    private async Task LiftAsync(Revocation act) =>
        (await _host.Get<IRevocations>().LiftAsync(act.Position, CancellationToken.None)).LiftedBy.ShouldNotBeNull();

    private Task<IReadOnlyList<Revocation>> ActsOnAsync(Match match) =>
        _host.Get<IRevocations>().ListAsync(match, CancellationToken.None);

    private async Task<Answer> ShownAsync(string session) =>
        await _host.GetAsync($"/v1/sessions/{session}", await _host.BearerAsync("admin"));

    /// <summary>A session that was refreshed twice.</summary>
    private sealed record Target(string Id, string Subject, string Oldest, string Newest, string AccessToken);
}
