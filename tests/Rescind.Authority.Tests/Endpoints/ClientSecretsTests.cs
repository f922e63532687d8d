using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Clients;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

public sealed class ClientSecretsTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly string _id = "c-" + Entropy.System.NextId();
    private AuthorityHost _host = null!;

    private string OldSecret => AuthorityHost.SecretOf(_id);

    public async ValueTask InitializeAsync()
    {
        _host = await AuthorityHost.StartAsync(services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_time)));
        await _host.AddClientAsync(_id, scopes: ["feed"]);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_new_secret_is_shown_once_and_the_old_one_is_no_good_any_more()
    {
        var answer = await ReplaceAsync("{}");

        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Text);
        answer.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        (answer["client_id"], answer["scopes"], answer["old_secret_until"]).ShouldBe((_id, """["feed"]""", null));
        (await TokenAsync(answer["client_secret"]!)).Status.ShouldBe(HttpStatusCode.OK);
        (await TokenAsync(OldSecret)).ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");
        (await _host.GetAsync("/v1/clients", await _host.BearerAsync("admin"))).Text.ShouldNotContain(answer["client_secret"]!);
    }

    [Fact]
    public async Task The_tokens_that_the_old_secret_gave_end_with_it_and_the_sessions_of_people_go_on()
    {
        var token = (await TokenAsync(OldSecret))["access_token"]!;
        var session = await _host.StartSessionAsync(clientId: _id);

        var secret = (await ReplaceAsync("{}"))["client_secret"]!;

        (await _host.GetAsync("/v1/verifiers", token)).ShouldBeProblem(HttpStatusCode.Unauthorized);
        (await _host.GetAsync("/v1/verifiers", (await TokenAsync(secret))["access_token"])).Status.ShouldBe(HttpStatusCode.OK);
        (await RefreshAsync(session, secret)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_old_secret_that_is_kept_is_good_to_the_second_that_the_answer_names()
    {
        var token = (await TokenAsync(OldSecret))["access_token"]!;

        var answer = await ReplaceAsync("""{"keep_old_for":60}""");

        answer["old_secret_until"].ShouldBe("2027-01-15T08:01:00Z", answer.Text);
        (await _host.GetAsync("/v1/verifiers", token)).Status.ShouldBe(HttpStatusCode.OK);
        _time.Advance(TimeSpan.FromSeconds(59));
        (await TokenAsync(OldSecret)).Status.ShouldBe(HttpStatusCode.OK);
        (await ListedAsync()).ShouldContain("old_secret_until");
        _time.Advance(TimeSpan.FromSeconds(1));
        (await TokenAsync(OldSecret)).ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");
        (await TokenAsync(answer["client_secret"]!)).Status.ShouldBe(HttpStatusCode.OK);
        (await ListedAsync()).ShouldNotContain("old_secret_until");
    }

    [Fact]
    public async Task Of_three_secrets_the_first_is_never_kept()
    {
        var second = (await ReplaceAsync("""{"keep_old_for":60}"""))["client_secret"]!;

        await ReplaceAsync("""{"keep_old_for":60}""");

        (await TokenAsync(second)).Status.ShouldBe(HttpStatusCode.OK);
        (await TokenAsync(OldSecret)).ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");
    }

    [Fact]
    public async Task A_leak_ends_the_old_secret_that_was_kept_as_well()
    {
        var second = (await ReplaceAsync("""{"keep_old_for":60}"""))["client_secret"]!;

        var third = (await ReplaceAsync("{}"))["client_secret"]!;

        (await TokenAsync(OldSecret)).ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");
        (await TokenAsync(second)).ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");
        (await TokenAsync(third)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_change_of_the_record_keeps_both_secrets()
    {
        var secret = (await ReplaceAsync("""{"keep_old_for":60}"""))["client_secret"]!;

        var changed = await _host.PatchAsync(
            $"/v1/clients/{_id}", await _host.BearerAsync("admin"), """{"scopes":["introspect"]}""");

        changed["old_secret_until"].ShouldBe("2027-01-15T08:01:00Z", changed.Text);
        (await TokenAsync(OldSecret))["scope"].ShouldBe("introspect");
        (await TokenAsync(secret))["scope"].ShouldBe("introspect");
    }

    [Fact]
    public async Task Nobody_gets_a_token_by_the_old_secret_while_its_tokens_are_ended()
    {
        Answer? meanwhile = null;

        await _host.Get<ClientRegistry>().ReplaceSecretAsync(
            _id, ClientSecret.Hash("new"), null, AuditContext.System, EndTokensAsync, CancellationToken.None);

        meanwhile!.ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");

        async Task<long?> EndTokensAsync(ClientChange change, long from)
        {
            meanwhile = await TokenAsync(OldSecret);
            return await _host.Get<IRegistryStore>()
                .SaveClientAsync(change, from, AuditContext.System, CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_secret_whose_tokens_cannot_be_ended_stays()
    {
        await Should.ThrowAsync<StoreUnavailableException>(_host.Get<ClientRegistry>().ReplaceSecretAsync(
            _id, ClientSecret.Hash("new"), null, AuditContext.System,
            static (_, _) => throw new StoreUnavailableException("lost"), CancellationToken.None));

        (await TokenAsync(OldSecret)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"keep_old_for":-1}""", "RSC1401")]
    [InlineData("""{"keep_old_for":604801}""", "RSC1401")]
    [InlineData("""{"keep_old_for":"60"}""", "RSC1109")]
    [InlineData("""{"client_secret":"of my own choice"}""", "RSC1106")]
    public async Task A_demand_that_does_not_hold_is_refused_with_its_code_and_the_secret_stays(string body, string code)
    {
        (await ReplaceAsync(body))["code"].ShouldBe(code);

        (await TokenAsync(OldSecret)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("web", "RSC1401")]
    [InlineData("nobody", "RSC1403")]
    public async Task There_is_no_new_secret_for_a_public_client_and_for_none(string id, string code) =>
        (await _host.PostJsonAsync($"/v1/clients/{id}/secret", await _host.BearerAsync("admin"), "{}"))["code"].ShouldBe(code);

    private async Task<Answer> ReplaceAsync(string body) =>
        await _host.PostJsonAsync($"/v1/clients/{_id}/secret", await _host.BearerAsync("admin"), body);

    private async Task<string> ListedAsync() => (await _host.GetAsync("/v1/clients", await _host.BearerAsync("admin"))).Text;

    private Task<Answer> TokenAsync(string secret) => PostAsync("grant_type=client_credentials", secret);

    private Task<Answer> RefreshAsync(Session session, string secret) =>
        PostAsync($"grant_type=refresh_token&refresh_token={_host.RefreshTokens.Derive(session)}", secret);

    private Task<Answer> PostAsync(string form, string secret)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/token")
        {
            Content = new StringContent(form, System.Text.Encoding.UTF8, "application/x-www-form-urlencoded"),
        };
        request.Headers.Authorization = AuthorityHost.Basic(_id, secret);
        return _host.SendAsync(request);
    }
}
