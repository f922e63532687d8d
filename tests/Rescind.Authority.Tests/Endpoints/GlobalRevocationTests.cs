using System.Net;
using System.Text.Json;
using Rescind.Authority.Clients;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary><c>POST /global-token-revocation</c> over real HTTP (GR-1, GR-2, GR-3, GR-4).</summary>
public sealed class GlobalRevocationTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private const string Foreign = "https://global.example";

    private readonly AuthorityHost _authority = shared.Host;

    [Fact]
    public async Task Somebody_of_ours_is_logged_out_everywhere_and_may_come_back()
    {
        var (subject, bearer) = (NewSubject(), await _authority.BearerAsync(ScopeNames.Revoke));
        var session = await _authority.StartAsync($$"""{"subject":"{{subject}}","audience":"orders"}""");

        var answer = await PostAsync(bearer, AuthorityHost.Issuer, subject);

        (answer.Status, answer.Text).ShouldBe((HttpStatusCode.NoContent, ""));
        (await _authority.RefreshAsync(session["refresh_token"]!))["error"].ShouldBe("invalid_grant");
        _authority.Read(session["access_token"]!)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
        (await _authority.StartAsync($$"""{"subject":"{{subject}}","audience":"orders"}""")).Status
            .ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Somebody_whom_nobody_has_seen_is_not_found_and_nothing_is_written()
    {
        var before = _authority.Tail.Head;

        var ours = await PostAsync(await _authority.BearerAsync(ScopeNames.Revoke), AuthorityHost.Issuer, NewSubject());
        var theirs = await PostAsync(await _authority.BearerAsync(ScopeNames.Admin), "https://unregistered.example", "u-1");

        ours.ShouldBeProblem(HttpStatusCode.NotFound);
        theirs.ShouldBeProblem(HttpStatusCode.NotFound);
        _authority.Tail.Head.ShouldBe(before);
    }

    [Theory]
    [InlineData("""{"sub_id":{"format":"email","iss":"http://127.0.0.1:7070","sub":"alice"}}""")]
    [InlineData("""{"sub_id":{"format":"email","email":"alice@example.com"}}""")]
    [InlineData("""{"sub_id":{"format":"iss_sub","iss":"http://127.0.0.1:7070","sub":""}}""")]
    [InlineData("""{"sub_id":{"format":"iss_sub","iss":"http://127.0.0.1:7070"}}""")]
    [InlineData("""{"sub_id":"alice"}""")]
    [InlineData("{}")]
    public async Task What_is_no_subject_that_we_know_is_refused(string body)
    {
        var before = _authority.Tail.Head;

        var answer = await _authority.PostJsonAsync(
            "/global-token-revocation", await _authority.BearerAsync(ScopeNames.Revoke), body);

        answer.ShouldBeProblem(HttpStatusCode.BadRequest);
        _authority.Tail.Head.ShouldBe(before);
    }

    [Fact]
    public async Task An_issuer_revokes_its_own_people_alone()
    {
        await RegisterAsync();

        (await PostAsync(await _authority.BearerAsync(ScopeNames.Revoke), Foreign, "u-1"))
            .ShouldBeProblem(HttpStatusCode.Forbidden);
        (await PostAsync(await ClientOfAsync(Foreign), Foreign, "u-1")).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task At_another_issuer_tokens_end_and_the_trail_warns_that_it_mints_again()
    {
        await RegisterAsync();
        var subject = NewSubject();

        await PostAsync(await ClientOfAsync(Foreign), Foreign, subject);

        var act = await ActAsync(subject);
        act.GetProperty("effect").GetString().ShouldBe("end");
        act.GetProperty("reason").GetString()!.ShouldContain("RSC2107");
    }

    [Fact]
    public async Task At_another_issuer_that_sends_auth_time_everybody_has_to_log_in_again()
    {
        await RegisterAsync(sendsAuthTime: true);
        var subject = NewSubject();

        await PostAsync(await ClientOfAsync(Foreign), Foreign, subject);

        (await ActAsync(subject)).GetProperty("effect").GetString().ShouldBe("reauthenticate");
    }

    [Fact]
    public async Task Whom_sub_does_not_name_and_who_asks_cannot_be_logged_out()
    {
        await RegisterAsync(subjectClaim: "oid");
        var client = await _authority.AddClientAsync("gone-" + Entropy.System.NextId(), scopes: ScopeNames.Revoke);
        var itself = _authority.Tokens.IssueFor(client, [ScopeNames.Revoke], _authority.Tail.Head.Position).Text;

        (await PostAsync(await ClientOfAsync(Foreign), Foreign, "u-1")).ShouldBeProblem(HttpStatusCode.UnprocessableEntity);
        (await PostAsync(itself, AuthorityHost.Issuer, "client:" + client.ClientId))
            .ShouldBeProblem(HttpStatusCode.UnprocessableEntity);
    }

    private static string NewSubject() => "subject-" + Entropy.System.NextId();

    private Task<Answer> PostAsync(string bearer, string issuer, string subject) => _authority.PostJsonAsync(
        "/global-token-revocation", bearer, $$$"""{"sub_id":{"format":"iss_sub","iss":"{{{issuer}}}","sub":"{{{subject}}}"}}""");

    private Task RegisterAsync(bool sendsAuthTime = false, string subjectClaim = "sub") =>
        _authority.Get<IRegistryStore>().SaveIssuerAsync(
            new()
            {
                Issuer = Foreign, Limits = new(600, 86_400, 5, 30), Types = ["at+jwt"], Algorithms = ["RS256"],
                SendsAuthTime = sendsAuthTime,
                Claims = IssuerClaims.Standard with { Subject = subjectClaim },
            },
            AuditContext.System,
            CancellationToken.None);

    private async Task<string> ClientOfAsync(string issuer)
    {
        var client = new ClientRecord
        {
            ClientId = "idp-" + Entropy.System.NextId(), Kind = ClientKind.Confidential, SecretHash = ClientSecret.Hash("secret"),
            Scopes = [ScopeNames.Revoke], Issuers = [issuer],
        };
        await _authority.Get<ClientRegistry>().AddAsync(client, AuditContext.System, CancellationToken.None);
        return _authority.Tokens.IssueFor(client, client.Scopes, _authority.Tail.Head.Position).Text;
    }

    private async Task<JsonElement> ActAsync(string subject) =>
        (await _authority.GetAsync($"/v1/revocations?subject={subject}", await _authority.BearerAsync(ScopeNames.Admin)))
            .Json.GetProperty("revocations").EnumerateArray().Single();
}
