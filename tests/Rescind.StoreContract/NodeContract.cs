namespace Rescind.StoreContract;

/// <summary>What the nodes on one store learn of each other through it.</summary>
public abstract class NodeContract : StoreSuite
{
    private static readonly StoredKey Key =
        new("kid", "ES256", KeyState.Next, new byte[] { 1, 2 }, """{"kty":"EC"}""", 1, null, null);

    private static readonly ClientRecord Shop = new() { ClientId = "shop", Kind = ClientKind.Public };

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Whatever_changes_a_client_a_key_or_an_issuer_raises_the_version_and_nothing_else_does()
    {
        await using var store = await OpenAsync();
        var version = await VersionAsync(store);

        await RaisedAsync(() => store.Registry.SaveClientAsync("shop", Shop, Caller, Cancel));
        await RaisedAsync(() => store.Registry.SaveKeysAsync([Key], Caller, Cancel));
        await RaisedAsync(() => store.Registry.SaveKeysAsync([Key with { State = KeyState.Active }], Caller, Cancel));
        await RaisedAsync(() => store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel));
        await RaisedAsync(() => store.Registry.SaveIssuerAsync(Record(ForeignIssuer), Caller, Cancel));
        await RaisedAsync(() => store.Registry.RemoveIssuerAsync(ForeignIssuer, Caller, Cancel));
        await RaisedAsync(() => store.Registry.SaveClientAsync("shop", null, Caller, Cancel));

        var session = await StartAsync(store, NewSession());
        await RotateAsync(store, session);
        var act = await RevokeAsync(store, Match.Subject("alice"));
        await store.Revocations.LiftAsync(act.Position, Caller, Cancel);
        await store.Registry.SaveVerifiersAsync(new([], [], []), Cancel);
        (await VersionAsync(store)).ShouldBe(version);

        async Task RaisedAsync(Func<Task> change)
        {
            await change();
            (await VersionAsync(store)).ShouldBe(++version);
            (await store.Nodes.ReadHeadAsync(Cancel)).ShouldBe(new(await HeadAsync(store), version));
        }
    }

    [Fact]
    public async Task The_version_outlives_the_process_and_a_change_that_failed_leaves_it()
    {
        long version;
        await using (var store = await OpenAsync())
        {
            version = (await store.Registry.SaveClientAsync("shop", Shop, Caller, Cancel)).ShouldNotBeNull();
        }

        await using var again = await OpenAsync();
        (await VersionAsync(again)).ShouldBe(version);
        (await again.Registry.SaveClientAsync(new("shop", null), version + 1, Caller, Cancel)).ShouldBeNull();
        (await VersionAsync(again)).ShouldBe(version);
    }

    [Fact]
    public async Task A_change_that_was_decided_on_an_older_version_is_not_made()
    {
        await using var store = await OpenAsync();
        var old = await VersionAsync(store);
        var saved = await store.Registry.SaveClientAsync(new("shop", Shop), old, Caller, Cancel);

        (await store.Registry.SaveClientAsync(new("shop", null), old, Caller, Cancel)).ShouldBeNull();
        (await store.Registry.SaveKeysAsync([Key], old, Caller, Cancel)).ShouldBeNull();
        var act = await store.Revocations.RevokeAsync(
            Draft(Match.Client("shop")) with { Client = new("shop", null), From = old }, Cancel);

        (saved, act.Result, act.Revocation).ShouldBe((old + 1, RevokeResult.RegistryMoved, null));
        var registry = await store.Registry.LoadAsync(Cancel);
        (registry.Version, registry.Clients.Single().ClientId, registry.Keys.Count, registry.Head.Position)
            .ShouldBe((old + 1, "shop", 0, default));
    }

    [Fact]
    public async Task Of_many_changes_that_were_decided_on_one_version_one_is_made()
    {
        await using var store = await OpenAsync();
        var old = await VersionAsync(store);

        var versions = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => store.Registry.SaveClientAsync(
            new($"client-{i}", Shop with { ClientId = $"client-{i}" }), old, Caller, Cancel))));

        versions.Count(version => version == old + 1).ShouldBe(1);
        versions.Count(version => version is null).ShouldBe(7);
        (await store.Registry.LoadAsync(Cancel)).Clients.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_client_changes_with_the_act_that_ends_its_tokens()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveClientAsync("shop", Shop, Caller, Cancel);
        var session = await StartAsync(store, NewSession(client: "shop"));
        var version = await VersionAsync(store);

        var removed = await store.Revocations.RevokeAsync(
            Draft(Match.Client("shop")) with { Client = new("shop", null), From = version }, Cancel);

        (removed.Result, removed.Registry).ShouldBe((RevokeResult.Appended, version + 1));
        var registry = await store.Registry.LoadAsync(Cancel);
        (registry.Version, registry.Clients.Count, registry.Head.Position)
            .ShouldBe((version + 1, 0, removed.Revocation!.Position));
        (await FindAsync(store, session)).EndedBy.ShouldBe(removed.Revocation.Position);
        (await store.Registry.AuditAsync(new(null, null, null, default, 100), Cancel)).Rows.Select(line => line.Action)
            .ShouldBe(["client.saved", "session.started", "revoked", "client.deleted"]);
    }

    [Fact]
    public async Task A_key_dies_with_its_act_and_the_version_says_so()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveKeysAsync([Key], Caller, Cancel);
        var version = await VersionAsync(store);
        var dead = Key with { State = KeyState.Revoked, Sealed = default, PublicJwk = null };

        var revoked = await store.Revocations.RevokeAsync(
            Draft(Match.Key("kid")) with { Keys = [dead], From = version }, Cancel);

        (revoked.Result, revoked.Registry, await VersionAsync(store)).ShouldBe((RevokeResult.Appended, version + 1, version + 1));
    }

    [Fact]
    public async Task Whoever_mints_learns_the_version_that_its_transaction_read()
    {
        await using var store = await OpenAsync();
        var version = await store.Registry.SaveClientAsync("web", Shop with { ClientId = "web" }, Caller, Cancel);

        var started = await TryStartAsync(store, NewSession());
        var rotated = await RotateAsync(store, started.Session!);
        await store.Registry.SaveKeysAsync([Key], Caller, Cancel);
        var repeated = await RotateAsync(store, started.Session!);

        (started.Registry, rotated.Registry, repeated.Registry).ShouldBe((version!.Value, version.Value, version.Value + 1));
        (rotated.Result, repeated.Result).ShouldBe((RotationResult.Rotated, RotationResult.Repeated));
    }

    [Fact]
    public async Task What_was_appended_says_what_it_goes_on_from()
    {
        await using var store = (await OpenAsync()).Watch();
        for (var i = 0; i < 3; i++)
        {
            await RevokeAsync(store, Match.Subject($"subject-{i}"));
            await StartAsync(store, NewSession());
        }

        var last = default(LogPosition);
        foreach (var commit in store.Handed)
        {
            commit.Before.ShouldBe(last);
            last = commit.Head.Position;
        }

        last.ShouldBe((await HeadAsync(store)).Position);
    }

    [Fact]
    public async Task A_lease_is_one_holder_s_until_its_time_or_until_it_is_given_back()
    {
        await using var store = await OpenAsync();
        var mayBoth = !store.Nodes.IsShared;

        (await TryAsync("upkeep", "a")).ShouldBeTrue();
        (await TryAsync("upkeep", "b")).ShouldBe(mayBoth);
        (await TryAsync("logouts", "b")).ShouldBeTrue();
        Time.Advance(Lease - TimeSpan.FromSeconds(1));
        (await TryAsync("upkeep", "a")).ShouldBeTrue();
        Time.Advance(Lease - TimeSpan.FromSeconds(1));
        (await TryAsync("upkeep", "b")).ShouldBe(mayBoth);
        await store.Nodes.ReleaseLeaseAsync("upkeep", "b", Cancel);
        (await TryAsync("upkeep", "b")).ShouldBe(mayBoth);
        Time.Advance(TimeSpan.FromSeconds(1));
        (await TryAsync("upkeep", "b")).ShouldBeTrue();
        (await TryAsync("upkeep", "a")).ShouldBe(mayBoth);
        await store.Nodes.ReleaseLeaseAsync("upkeep", "b", Cancel);
        (await TryAsync("upkeep", "a")).ShouldBeTrue();

        Task<bool> TryAsync(string name, string holder) => store.Nodes.TryLeaseAsync(name, holder, Lease, Cancel);
    }

    [Fact]
    public async Task What_is_counted_by_the_minute_is_refused_past_its_number_until_the_minute_is_over()
    {
        await using var store = await OpenAsync();

        (await CountAsync("a")).Number.ShouldBe(1);
        Time.Advance(TimeSpan.FromSeconds(20));
        (await CountAsync("a")).Number.ShouldBe(2);
        (await CountAsync("b")).Number.ShouldBe(1);
        (await CountAsync("a")).ShouldBe(new(0, TimeSpan.FromSeconds(40)));
        Time.Advance(TimeSpan.FromSeconds(40));
        (await CountAsync("a")).Number.ShouldBe(1);

        Task<MinuteCount> CountAsync(string name) => store.Nodes.CountAsync(name, 2, Cancel);
    }

    private static async Task<long> VersionAsync(OpenedStore store) => (await store.Registry.LoadAsync(Cancel)).Version;
}
