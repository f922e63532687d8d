namespace Rescind.StoreContract;

/// <summary>Issuers, keys, clients, verifiers, and the audit trail.</summary>
public abstract class RegistryStoreContract : StoreSuite
{
    [Fact]
    public async Task An_empty_store_has_an_epoch_and_nothing_else()
    {
        await using var store = await OpenAsync();

        var registry = await store.Registry.LoadAsync(Cancel);

        registry.Head.ShouldBe(LogHead.Empty(registry.Head.Epoch));
        (registry.Issuers.Count + registry.Keys.Count + registry.Clients.Count + registry.Verifiers.Count).ShouldBe(0);
        registry.Restored.ShouldBeFalse();
    }

    [Fact]
    public async Task An_issuer_s_record_is_replaced_and_travels_in_the_log()
    {
        await using var store = (await OpenAsync()).Watch();
        var wider = Record(ForeignIssuer) with { Limits = Limits with { Leeway = 60 } };
        var later = wider.After(Record(ForeignIssuer), Now);

        await store.Registry.SaveIssuerAsync(Record(ForeignIssuer), Caller, Cancel);
        await store.Registry.SaveIssuerAsync(wider, Caller, Cancel);

        (await store.Registry.LoadAsync(Cancel)).Issuers.ShouldBe([later]);
        store.Published.Select(entry => (entry.Kind, entry.Issuer, entry.Record)).ShouldBe(
            [(LogEntryKind.Issuer, ForeignIssuer, Record(ForeignIssuer).ToJson()),
                (LogEntryKind.Issuer, ForeignIssuer, later.ToJson())]);
        (await RevokeAsync(store, Match.Subject("alice"), issuer: ForeignIssuer)).RememberUntil
            .ShouldBe(Retention.RememberUntil(Match.Subject("alice"), Effect.End, Now, Now, null, later));
    }

    [Fact]
    public async Task A_removed_issuer_leaves_the_log_and_its_numbers_bind_a_later_record()
    {
        await using var store = (await OpenAsync()).Watch();
        await store.Registry.SaveIssuerAsync(Record(ForeignIssuer), Caller, Cancel);

        await store.Registry.RemoveIssuerAsync(ForeignIssuer, Caller, Cancel);

        (store.Published[^1].Issuer, store.Published[^1].Record).ShouldBe((ForeignIssuer, null));
        (await store.Registry.LoadAsync(Cancel)).Issuers.ShouldBeEmpty();
        (await SnapshotAsync(store)).Entries.ShouldBeEmpty();
        (await RevokeAsync(store, Match.Subject("alice"), issuer: ForeignIssuer)).RememberUntil.ShouldBe(RevocationState.Never);
        await store.Registry.SaveIssuerAsync(Record(ForeignIssuer) with { Limits = Limits with { Leeway = 60 } }, Caller, Cancel);
        (await store.Registry.LoadAsync(Cancel)).Issuers.Single().EarlierLimits.ShouldBe(Limits);
    }

    [Fact]
    public async Task A_key_appears_in_the_log_once_and_leaves_it_once()
    {
        await using var store = (await OpenAsync()).Watch();
        var key = new StoredKey("kid", "ES256", KeyState.Next, new byte[] { 1, 2 }, """{"kty":"EC"}""", Now, null, null);
        var refresh = new StoredKey("1", "rt", KeyState.Refresh, new byte[] { 3 }, null, Now, null, null);

        await store.Registry.SaveKeysAsync([key, refresh], Caller, Cancel);
        await store.Registry.SaveKeysAsync([key with { State = KeyState.Active, ActiveFrom = Now }], Caller, Cancel);
        var retired = key with { State = KeyState.Retired, ActiveFrom = Now, RetiredAt = Now, PublicJwk = null };
        await store.Registry.SaveKeysAsync([retired], Caller, Cancel);
        await store.Registry.SaveKeysAsync([retired], Caller, Cancel);

        store.Published.Select(entry => (entry.Kind, entry.Match, entry.Record)).ShouldBe(
            [(LogEntryKind.Key, Match.Key("kid"), key.PublicJwk), (LogEntryKind.Key, Match.Key("kid"), null)]);
        var keys = (await store.Registry.LoadAsync(Cancel)).Keys;
        keys.Select(row => (row.Id, row.State, row.PublicJwk, row.RetiredAt)).ShouldBe(
            [("1", KeyState.Refresh, null, null), ("kid", KeyState.Retired, null, Now)]);
        keys[0].Sealed.ToArray().ShouldBe([3]);
        (await SnapshotAsync(store)).Entries.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_client_is_inserted_replaced_and_deleted()
    {
        await using var store = await OpenAsync();
        var client = new ClientRecord
        {
            ClientId = "shop", Kind = ClientKind.Confidential, SecretHash = new byte[] { 1, 2 }, Scopes = ["sessions"],
            Clients = ["web"], Issuers = [ForeignIssuer], Origins = ["https://shop.example"],
            LogoutUri = "https://shop.example/logout", OldSecret = new(new byte[] { 3, 4 }, Now + 60), Verifiers = 500,
        };

        await store.Registry.SaveClientAsync("shop", client with { Scopes = [], OldSecret = null }, Caller, Cancel);
        await store.Registry.SaveClientAsync("shop", client, Caller, Cancel);
        await store.Registry.SaveClientAsync("web", new() { ClientId = "web", Kind = ClientKind.Public }, Caller, Cancel);

        var clients = (await store.Registry.LoadAsync(Cancel)).Clients;
        ShouldBeSame(clients[0], client);
        (clients[1].ClientId, clients[1].Kind, clients[1].SecretHash, clients[1].OldSecret)
            .ShouldBe(("web", ClientKind.Public, null, null));
        await store.Registry.SaveClientAsync("shop", null, Caller, Cancel);
        (await store.Registry.LoadAsync(Cancel)).Clients.Single().ClientId.ShouldBe("web");
    }

    [Fact]
    public async Task Verifiers_that_are_forgotten_go_and_that_others_were_served_is_kept()
    {
        await using var store = await OpenAsync();
        var row = new StoredVerifier("orders", "a", "Orders", null, null, 5000, new(7), Now);
        await store.Registry.SaveVerifiersAsync(
            new([row, row with { Instance = "b" }], [], [new("orders", 3, Now + 60)]), Cancel);

        await store.Registry.SaveVerifiersAsync(
            new([row with { SeenAt = Now + 1 }], [row, row with { Instance = "b" }], [new("orders", 4, Now + 65)]), Cancel);

        var registry = await store.Registry.LoadAsync(Cancel);
        registry.Verifiers.ShouldBe([row with { SeenAt = Now + 1 }]);
        registry.Uncounted.ShouldBe([new("orders", 4, Now + 65)]);
    }

    [Fact]
    public async Task What_a_verifier_has_closed_is_kept_and_a_node_that_it_left_takes_none_of_it_back()
    {
        await using var store = await OpenAsync();
        var row = new StoredVerifier("orders", "a", "Orders", null, null, 5000, new(7), Now) { Connections = new(5, 3) };
        await SaveAsync(row);
        (await store.Registry.LoadAsync(Cancel)).Verifiers.ShouldBe([row]);

        await SaveAsync(row with { SeenAt = Now - 1, Connections = new(6, 1) });
        await SaveAsync(row with { Connections = null });
        await SaveAsync(row with { Connections = new(4, 2) });
        (await store.Registry.LoadAsync(Cancel)).Verifiers.ShouldBe([row with { Connections = new(4, 3) }]);

        await SaveAsync(row with { Connections = new(0, 9) });
        (await store.Registry.LoadAsync(Cancel)).Verifiers.ShouldBe([row with { Connections = new(0, 9) }]);

        Task SaveAsync(StoredVerifier saved) => store.Registry.SaveVerifiersAsync(new([saved], [], []), Cancel);
    }

    [Fact]
    public async Task Verifiers_are_remembered_until_they_were_silent_for_a_day()
    {
        await using var store = await OpenAsync();
        var silent = new StoredVerifier("orders", "a", "Orders", "203.0.113.7", "1.0", 5000, new(7), Now);
        var heard = silent with { Instance = "b", Address = null, Version = null };
        await store.Registry.SaveVerifiersAsync(new([silent, heard], [], []), Cancel);
        Time.Advance(TimeSpan.FromHours(25));
        heard = heard with { Position = new(8), SeenAt = Now };

        await store.Registry.SaveVerifiersAsync(new([heard], [], []), Cancel);

        (await store.Registry.LoadAsync(Cancel)).Verifiers.ShouldBe([silent, heard]);
        await store.Revocations.PurgeAsync(Cancel);
        (await store.Registry.LoadAsync(Cancel)).Verifiers.ShouldBe([heard]);
    }

    [Fact]
    public async Task Every_act_is_audited_with_who_where_and_in_which_request()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        await RotateAsync(store, session);
        var act = await RevokeAsync(store, Match.Session(session.Id));
        var lift = await store.Revocations.LiftAsync(act.Position, Caller, Cancel);
        await store.Registry.SaveClientAsync("shop", new() { ClientId = "shop", Kind = ClientKind.Public }, Caller, Cancel);

        var all = await AuditAsync(new(null, null, null, default, 10));

        all.Select(entry => entry.Action).ShouldBe(["session.started", "revoked", "lifted", "client.saved"]);
        all.ShouldAllBe(entry => entry.Actor == Caller.Actor && entry.Address == Caller.Address
            && entry.RequestId == Caller.RequestId && entry.At == Now);
        all.Zip(all.Skip(1)).ShouldAllBe(pair => pair.First.Position < pair.Second.Position);
        all[1].ShouldBe(new()
        {
            Position = act.Position, At = act.At, Actor = Caller.Actor, Action = "revoked", Issuer = OwnIssuer, Match = act.Match,
            Effect = act.Effect, Reason = act.Reason, Subject = session.Subject, SessionId = session.Id,
            Address = Caller.Address, RequestId = Caller.RequestId,
        });
        all[2].Position.ShouldBe(lift.Position);
        (await AuditAsync(new("alice", null, null, default, 1))).ShouldBe([all[0]]);
        (await AuditAsync(new(null, session.Id, null, all[0].Position, 10))).ShouldBe([all[1], all[2]]);
        (await AuditAsync(new("alice", session.Id, Caller.Actor, all[1].Position, 10)))
            .ShouldAllBe(entry => entry.Position > act.Position);
        (await AuditAsync(new(null, null, "client:other", default, 10))).ShouldBeEmpty();

        async Task<IReadOnlyList<AuditEntry>> AuditAsync(AuditQuery query) =>
            (await store.Registry.AuditAsync(query, Cancel)).Rows;
    }

    [Fact]
    public async Task A_note_changes_nothing_else_and_stands_once_for_as_long_as_it_says()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        var before = (await store.Registry.LoadAsync(Cancel)).Head;
        var once = new AuditNote("claims.refused", Caller, "too much", session.Subject, session.Id)
        {
            OnceWithin = TimeSpan.FromHours(1)
        };

        (await store.Registry.NoteAsync(once, Cancel)).ShouldBeTrue();
        (await store.Registry.NoteAsync(once, Cancel)).ShouldBeFalse();
        (await store.Registry.NoteAsync(once with { SessionId = "another" }, Cancel)).ShouldBeTrue();
        (await store.Registry.NoteAsync(once with { OnceWithin = null }, Cancel)).ShouldBeTrue();
        Time.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        (await store.Registry.NoteAsync(once, Cancel)).ShouldBeTrue();

        (await store.Registry.LoadAsync(Cancel)).Head.ShouldBe(before);
        var notes = (await store.Registry.AuditAsync(new(null, session.Id, null, default, 10), Cancel)).Rows.Skip(1).ToList();
        notes.Count.ShouldBe(3);
        notes.ShouldAllBe(
            note => note.Action == "claims.refused" && note.Reason == "too much" && note.Subject == session.Subject);
    }

    [Fact]
    public async Task The_audit_trail_outlives_what_it_tells_of_and_goes_after_400_days()
    {
        await using var store = await OpenAsync();
        await StartAsync(store, NewSession());
        Time.Advance(TimeSpan.FromDays(400));
        await store.Revocations.PurgeAsync(Cancel);
        (await store.Registry.AuditAsync(new("alice", null, null, default, 10), Cancel)).Rows.Count.ShouldBe(1);
        Time.Advance(TimeSpan.FromSeconds(1));

        await store.Revocations.PurgeAsync(Cancel);

        (await store.Registry.AuditAsync(new("alice", null, null, default, 10), Cancel)).Rows.ShouldBeEmpty();
    }
}
