using System.Net;
using System.Text.Json;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

public sealed class KeysEndpointTests : IAsyncLifetime
{
    private AuthorityHost _host = null!;
    private string _admin = "";

    public async ValueTask InitializeAsync()
    {
        _host = await AuthorityHost.StartAsync();
        _admin = await _host.BearerAsync("admin");
    }

    public async ValueTask DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task The_list_has_the_active_and_the_announced_key_and_public_facts_alone()
    {
        var keys = await KeysAsync();

        keys.Select(State).Order().ShouldBe(["active", "next"]);
        foreach (var key in keys)
        {
            key.EnumerateObject().Select(member => member.Name)
                .ShouldBe(["kid", "algorithm", "state", "created_at", "active_from", "retired_at"]);
            (key.GetProperty("algorithm").GetString(), key.GetProperty("retired_at").ValueKind)
                .ShouldBe(("ES256", JsonValueKind.Null));
            key.GetProperty("created_at").GetString().ShouldNotBeNull().ShouldMatch("^....-..-..T..:..:..Z$");
        }

        keys.Single(key => State(key) == "active").GetProperty("active_from").GetString().ShouldNotBeNull()
            .ShouldMatch("^....-..-..T..:..:..Z$");
        keys.Single(key => State(key) == "next").GetProperty("active_from").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_rotation_lets_the_announced_key_sign_retires_the_active_one_and_announces_another()
    {
        var before = await KeysAsync();

        var answer = await RotateAsync();

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
        var after = Keys(answer);
        Kid(after, "active").ShouldBe(Kid(before, "next"));
        Kid(after, "retired").ShouldBe(Kid(before, "active"));
        before.Select(Kid).ShouldNotContain(Kid(after, "next"));
        after.Single(key => State(key) == "retired").GetProperty("retired_at").ValueKind.ShouldBe(JsonValueKind.String);
        (await KeysAsync()).Select(State).ShouldBe(after.Select(State));
    }

    [Fact]
    public async Task What_the_retired_key_signed_lives_on_and_what_is_new_is_signed_by_the_active_one()
    {
        var session = await _host.StartSessionAsync();
        var old = _host.AccessTokenOf(session);

        var active = Kid(Keys(await RotateAsync()), "active");

        _host.Read(old)!.Verdict.IsValid.ShouldBeTrue();
        var fresh = await _host.RefreshAsync(_host.RefreshTokens.Derive(session));
        _host.Read(fresh["access_token"]!)!.Verdict.IsValid.ShouldBeTrue();
        KidOf(fresh["access_token"]!).ShouldBe(active);
        KidOf(old).ShouldNotBe(active);
    }

    [Fact]
    public async Task The_published_key_set_is_the_list_and_has_no_private_part()
    {
        var keys = Keys(await RotateAsync());

        var published = (await _host.GetAsync("/.well-known/jwks.json")).Json.GetProperty("keys").EnumerateArray().ToList();

        published.Select(Kid).ShouldBe(keys.Select(Kid), ignoreOrder: true);
        published.ShouldAllBe(key => !key.EnumerateObject().Any(member => member.Name == "d" || member.Name == "k"));
    }

    [Fact]
    public async Task A_rotation_is_audited_with_who_asked_for_it()
    {
        await RotateAsync();

        var audit = await _host.GetAsync($"/v1/audit?actor=client:{_host.Read(_admin)!.Facts.ClientId}", _admin);

        var actions = audit.Json.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("action").GetString());
        actions.Distinct().ShouldBe(["key.saved"]);
    }

    private async Task<Answer> RotateAsync()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/keys/rotate");
        request.Headers.Authorization = new("Bearer", _admin);
        return await _host.SendAsync(request);
    }

    private async Task<List<JsonElement>> KeysAsync() => Keys(await _host.GetAsync("/v1/keys", _admin));

    private static List<JsonElement> Keys(Answer answer) => [.. answer.Json.GetProperty("keys").EnumerateArray()];

    private static string State(JsonElement key) => key.GetProperty("state").GetString()!;

    private static string Kid(JsonElement key) => key.GetProperty("kid").GetString()!;

    private static string Kid(IEnumerable<JsonElement> keys, string state) => Kid(keys.Single(key => State(key) == state));

    private static string KidOf(string token) =>
        CompactJws.TryRead(token, out var jws, out _) ? jws.KeyId! : throw new ArgumentException(token);
}
