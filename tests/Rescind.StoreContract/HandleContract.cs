namespace Rescind.StoreContract;

/// <summary>Calls that are given up, and stores that are closed: a result or an exception, and nothing half-written.</summary>
public abstract class HandleContract : StoreSuite
{
    private static readonly LogPosition Nowhere = new(1);

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_that_was_given_up_before_it_began_does_nothing(string call)
    {
        await using var store = (await OpenAsync()).Watch();
        var before = await ContentsAsync(store);

        await Should.ThrowAsync<OperationCanceledException>(() => CallAsync(call, store, new CancellationToken(canceled: true)));

        (await ContentsAsync(store)).ShouldBe(before);
        store.Published.ShouldBeEmpty();
        await RevokeAsync(store, Match.Subject("alice"));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_change_that_is_given_up_while_it_waits_does_nothing_and_harms_nobody_beside_it(string call)
    {
        await using var store = (await OpenAsync()).Watch();
        using var giveUp = new CancellationTokenSource();
        var before = await ContentsAsync(store);
        Task? given = null, beside = null;

        await InOneBatchAsync(
            store,
            () => (given = CallAsync(call, store, giveUp.Token)).ContinueWith(_ => { }, TaskScheduler.Default),
            () => beside = store.Registry.SaveClientAsync(
                "beside", new() { ClientId = "beside", Kind = ClientKind.Public }, Caller, Cancel),
            () => giveUp.CancelAsync());

        await Should.ThrowAsync<OperationCanceledException>(() => given!);
        await beside!;
        var registry = await store.Registry.LoadAsync(Cancel);
        registry.Clients.Select(client => client.ClientId).ShouldBe(["beside"]);
        await store.Registry.SaveClientAsync("beside", null, Caller, Cancel);
        (await ContentsAsync(store)).ShouldBe(before);
        store.Published.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_change_that_nobody_waits_for_is_made_all_the_same()
    {
        await using var store = await OpenAsync();

        _ = store.Revocations.RevokeAsync(Draft(Match.Subject("alice")), Cancel);

        await RevokeAsync(store, Match.Subject("bob"));
        (await ReadProvedLogAsync(store)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_snapshot_whose_reader_breaks_off_holds_nothing_up()
    {
        await using var store = await OpenAsync();
        await RevokeAsync(store, Match.Subject("alice"));
        for (var i = 0; i < 50; i++)
        {
            await Should.ThrowAsync<TimeoutException>(() => store.Revocations.SnapshotAsync(
                time: default, _ => Task.CompletedTask, _ => throw new TimeoutException("The follower went away."), Cancel));
        }

        await RevokeAsync(store, Match.Subject("bob"));
        (await SnapshotAsync(store)).Entries.Count.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_closed_store_is_unavailable_to_every_call(string call)
    {
        var store = await OpenAsync();
        await store.DisposeAsync();

        await Should.ThrowAsync<StoreUnavailableException>(() => CallAsync(call, store, Cancel));
    }

    [Fact]
    public async Task A_store_can_be_closed_twice_and_opened_again()
    {
        var store = await OpenAsync();
        await store.DisposeAsync();
        await store.DisposeAsync();

        await using var again = await OpenAsync();
        await RevokeAsync(again, Match.Subject("alice"));
    }

    [Fact]
    public async Task What_was_acknowledged_while_the_store_closed_is_kept_and_the_rest_was_refused()
    {
        var store = await OpenAsync();
        var calls = Enumerable.Range(0, 500).Select(i => Task.Run(() => TryRevokeAsync(store, "s" + i))).ToList();
        await calls[0];

        await store.DisposeAsync();

        var acknowledged = (await Task.WhenAll(calls)).OfType<Revocation>().Select(act => act.Position).Order().ToList();
        acknowledged.ShouldNotBeEmpty();
        await using var again = await OpenAsync();
        (await ReadProvedLogAsync(again)).Select(entry => entry.Position).ShouldBe(acknowledged);
    }

    public static TheoryData<string> Changes =>
        ["start", "rotate", "revoke", "lift", "purge", "issuer", "keys", "client", "verifiers"];

    public static TheoryData<string> Calls =>
        [.. Changes.Select(row => row.Data), "find", "row", "list", "preview", "act", "acts", "read", "snapshot", "load",
            "audit"];

    private Task CallAsync(string call, OpenedStore store, CancellationToken cancel) => call switch
    {
        "start" => store.Sessions.StartAsync(new() { Session = NewSession(), Audit = Caller }, cancel),
        "rotate" => store.Sessions.RotateAsync(
            new()
            {
                SessionId = "none", Generation = 1, ClientId = "web", IdleLifetime = TimeSpan.FromDays(1), Audit = Caller,
            },
            cancel),
        "revoke" => store.Revocations.RevokeAsync(Draft(Match.Subject("alice")), cancel),
        "lift" => store.Revocations.LiftAsync(Nowhere, Caller, cancel),
        "purge" => store.Revocations.PurgeAsync(cancel),
        "issuer" => store.Registry.SaveIssuerAsync(Record(OwnIssuer), Caller, cancel),
        "keys" => store.Registry.SaveKeysAsync(
            [new("kid", "ES256", KeyState.Next, new byte[] { 1 }, "{}", Now, null, null)], Caller, cancel),
        "client" => store.Registry.SaveClientAsync("web", new() { ClientId = "web", Kind = ClientKind.Public }, Caller, cancel),
        "verifiers" => store.Registry.SaveVerifiersAsync(
            new([new("orders", "1", "orders", null, null, 5000, default, Now)], [], []), cancel),
        "find" => store.Sessions.FindAsync("none", cancel),
        "row" => store.Sessions.FindUnjudgedAsync("none", cancel),
        "list" => store.Sessions.ListAsync(new(null, null, 10, null), cancel),
        "preview" => store.Revocations.PreviewAsync(Draft(Match.Subject("alice")), cancel),
        "act" => store.Revocations.FindAsync(Nowhere, cancel),
        "acts" => store.Revocations.ListAsync(new(), default, 10, cancel),
        "read" => store.Revocations.ReadAsync(default, 10, cancel),
        "snapshot" => store.Revocations.SnapshotAsync(time: default, _ => Task.CompletedTask, _ => Task.CompletedTask, cancel),
        "load" => store.Registry.LoadAsync(cancel),
        _ => store.Registry.AuditAsync(new(null, null, null, default, 10), cancel),
    };

    private static async Task<string> ContentsAsync(OpenedStore store)
    {
        var registry = await store.Registry.LoadAsync(Cancel);
        var alices = await store.Sessions.ListAsync(new("alice", null, 10, null), Cancel);
        var rows = (registry.Issuers.Count, registry.Keys.Count, registry.Clients.Count, registry.Verifiers.Count,
            alices.Sessions.Count);
        return $"{registry.Head} {rows}";
    }

    private static async Task<Revocation?> TryRevokeAsync(OpenedStore store, string subject)
    {
        try
        {
            return await RevokeAsync(store, Match.Subject(subject));
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }
}
