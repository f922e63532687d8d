using System.Buffers.Text;
using System.Net;
using System.Text.Json;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Keys;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Nodes;

/// <summary>What another node did to clients and keys counts here before anything is signed, and no change is lost.</summary>
public sealed class RegistryOfNodesTests : IAsyncLifetime
{
    private TwoNodes _nodes = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _nodes = await TwoNodes.StartAsync();

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    [Fact]
    public async Task A_client_that_was_added_there_gets_a_token_here_and_none_once_it_was_removed_there()
    {
        await _nodes.First.AddClientAsync("shop", scopes: "feed");
        (await TokenAsync("shop")).Status.ShouldBe(HttpStatusCode.OK);

        var removed = await _nodes.First.DeleteAsync("/v1/clients/shop", await _nodes.First.BearerAsync("admin"));

        removed.Status.ShouldBe(HttpStatusCode.NoContent);
        (await TokenAsync("shop")).ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");
        (await TokenAsync("shop", _nodes.First)).ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");
    }

    [Fact]
    public async Task A_secret_that_was_replaced_there_is_no_good_here()
    {
        await _nodes.First.AddClientAsync("shop", scopes: "feed");
        (await TokenAsync("shop")).Status.ShouldBe(HttpStatusCode.OK);

        await _nodes.First.PostJsonAsync("/v1/clients/shop/secret", await _nodes.First.BearerAsync("admin"), "{}");

        (await TokenAsync("shop")).ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");
    }

    [Fact]
    public async Task No_session_is_started_or_refreshed_here_for_a_client_that_was_removed_there()
    {
        await AddAppAsync("app");
        var before = await _nodes.Second.Get<ISessions>().StartAsync(new() { Subject = "alice", ClientId = "app" }, Cancel);

        await _nodes.First.DeleteAsync("/v1/clients/app", await _nodes.First.BearerAsync("admin"));

        var refused = await Should.ThrowAsync<SessionRefusedException>(
            _nodes.Second.Get<ISessions>().StartAsync(new() { Subject = "alice", ClientId = "app" }, Cancel));
        refused.Code.ShouldBe(Errors.UnknownClient.Code);
        var sessions = await _nodes.First.Get<ISessionStore>().ListAsync(new("alice", null, 10, null), Cancel);
        sessions.Sessions.ShouldAllBe(session => session.EndedBy != null);
        sessions.Sessions.Count.ShouldBe(2);
        (await _nodes.Second.PostFormAsync(
            "/token", $"grant_type=refresh_token&client_id=app&refresh_token={before.RefreshToken}"))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_client");
    }

    [Fact]
    public async Task A_refresh_that_is_under_way_here_gets_nothing_for_a_client_that_was_removed_there_and_given_back()
    {
        await AddAppAsync("app");
        var started = await _nodes.Second.Get<ISessions>().StartAsync(new() { Subject = "alice", ClientId = "app" }, Cancel);
        await _nodes.First.DeleteAsync("/v1/clients/app", await _nodes.First.BearerAsync("admin"));
        var act = (await _nodes.First.Revocations.ListAsync(new(), default, 1, Cancel)).Rows.Single();
        await _nodes.First.Revocations.LiftAsync(act.Position, AuditContext.System, Cancel);

        var refreshed = await _nodes.Second.PostFormAsync(
            "/token", $"grant_type=refresh_token&client_id=app&refresh_token={started.RefreshToken}");

        (refreshed.Status, refreshed["error"], refreshed["reason"])
            .ShouldBe((HttpStatusCode.BadRequest, "invalid_grant", "ended"));
    }

    [Fact]
    public async Task A_key_that_was_rotated_there_signs_and_verifies_here()
    {
        var old = _nodes.First.Get<KeyRing>().Active.Id;
        await _nodes.First.Get<KeyRing>().RotateAsync(AuditContext.System, Cancel);

        var started = await _nodes.Second.Get<ISessions>().StartAsync(new() { Subject = "alice" }, Cancel);

        KeyOf(started.AccessToken).ShouldBe(_nodes.First.Get<KeyRing>().Active.Id);
        KeyOf(started.AccessToken).ShouldNotBe(old);
        _nodes.Second.Read(started.AccessToken)!.Verdict.IsValid.ShouldBeTrue();
        _nodes.First.Read(started.AccessToken)!.Verdict.IsValid.ShouldBeTrue();
        var refreshed = await _nodes.First.RefreshAsync(started.RefreshToken);
        KeyOf(refreshed["access_token"]!).ShouldBe(KeyOf(started.AccessToken));
    }

    [Fact]
    public async Task A_key_that_was_revoked_there_signs_nothing_here()
    {
        var started = await _nodes.Second.Get<ISessions>().StartAsync(new() { Subject = "alice" }, Cancel);
        var stolen = KeyOf(started.AccessToken);
        await _nodes.First.Get<KeyRing>().RevokeAsync(
            stolen, (keys, from) => _nodes.First.Revocations.RevokeAsync(
                new()
                {
                    Issuer = AuthorityHost.Issuer, Match = Match.Key(stolen), Effect = Effect.End, Reason = "stolen",
                    Audit = AuditContext.System, Keys = keys, From = from,
                },
                Cancel),
            Cancel);

        var refreshed = await _nodes.Second.RefreshAsync(started.RefreshToken);

        KeyOf(refreshed["access_token"]!).ShouldNotBe(stolen);
    }

    [Fact]
    public async Task Two_nodes_that_change_one_client_lose_nothing_of_either()
    {
        await _nodes.First.AddClientAsync("shop", scopes: "feed");
        await _nodes.Second.Get<LogFollower>().CatchUpAsync(Cancel);

        await ChangeAsync(_nodes.First, record => record with { Origins = ["https://shop.example"] });
        await ChangeAsync(_nodes.Second, record => record with { Verifiers = 500 });
        await ChangeAsync(_nodes.First, record => record with { Issuers = ["https://login.example"] });

        var shop = _nodes.First.Get<ClientRegistry>().Find("shop")!;
        (shop.Origins.Single(), shop.Verifiers, shop.Issuers.Single())
            .ShouldBe(("https://shop.example", 500, "https://login.example"));
        (await _nodes.First.Get<ClientRegistry>().AddAsync(shop, AuditContext.System, Cancel)).ShouldBeFalse();
        (await _nodes.Second.Get<ClientRegistry>().AddAsync(shop, AuditContext.System, Cancel)).ShouldBeFalse();
    }

    [Fact]
    public async Task Two_nodes_that_rotate_at_once_leave_one_key_that_signs_and_one_that_is_next()
    {
        await Task.WhenAll(
            Task.Run(() => _nodes.First.Get<KeyRing>().RotateAsync(AuditContext.System, Cancel), Cancel),
            Task.Run(() => _nodes.Second.Get<KeyRing>().RotateAsync(AuditContext.System, Cancel), Cancel),
            Task.Run(() => AddAppAsync("beside"), Cancel));

        var keys = (await _nodes.First.Get<IRegistryStore>().LoadAsync(Cancel)).Keys;
        (keys.Count(key => key.State is KeyState.Active), keys.Count(key => key.State is KeyState.Next),
            keys.Count(key => key.State is KeyState.Retired)).ShouldBe((1, 1, 2));
    }

    [Fact]
    public async Task A_node_with_other_lifetimes_than_those_that_run_refuses_to_start()
    {
        // The upkeep of one of them has the lease by then.
        await _nodes.PassAsync(TimeSpan.FromSeconds(2));
        var starting = _nodes.StartOneAsync(options => options.AccessTokenLifetime = TimeSpan.FromMinutes(7));
        while (!starting.IsCompleted)
        {
            await _nodes.PassAsync(TimeSpan.FromSeconds(1));
        }

        (await Should.ThrowAsync<InvalidOperationException>(starting)).Message.ShouldContain("Rescind:AccessTokenLifetime");
    }

    private static async Task ChangeAsync(AuthorityHost node, Func<ClientRecord, ClientRecord> change) =>
        (await node.Get<ClientRegistry>().ChangeAsync(
            "shop", record => Result<ClientRecord>.Of(change(record)), AuditContext.System, Cancel)).HasValue.ShouldBeTrue();

    private async Task AddAppAsync(string id)
    {
        await _nodes.First.AddClientAsync(id, ClientKind.Public);
        await _nodes.Second.Get<LogFollower>().CatchUpAsync(Cancel);
    }

    private Task<Answer> TokenAsync(string id, AuthorityHost? node = null) =>
        (node ?? _nodes.Second).PostFormAsync("/token", "grant_type=client_credentials", basic: id);

    private static string KeyOf(string token) =>
        JsonElement.Parse(Base64Url.DecodeFromChars(token.Split('.')[0])).GetProperty("kid").GetString()!;
}
