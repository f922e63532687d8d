using System.Text.Json;

namespace Rescind.StoreContract;

/// <summary>A step of a change at which a store can be made to fail.</summary>
/// <param name="Name">Its name in that store.</param>
/// <param name="IsKept">Whether the change is kept when it fails there: then its caller does not know.</param>
internal sealed record FaultyStep(string Name, bool IsKept);

/// <summary>
/// What goes wrong at any step of any change: nothing is acknowledged that is not kept, and nothing is half-written.
/// </summary>
public abstract class FaultContract : StoreSuite
{
    public static TheoryData<string> Calls =>
        ["start", "replace", "rotate", "reuse", "change", "revoke", "spare", "lift", "spread", "client", "issuer",
            "keys", "note"];

    /// <summary>The steps of every change, in their order.</summary>
    internal abstract IReadOnlyList<FaultyStep> Steps { get; }

    /// <summary>The next change fails at this step.</summary>
    internal abstract void Fail(FaultyStep step);

    /// <summary>A store of its own: empty, on the clock of this test.</summary>
    internal abstract Task<OpenedStore> OpenEmptyAsync();

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_change_that_fails_at_any_step_is_never_acknowledged_and_is_there_whole_or_not_at_all(string call)
    {
        foreach (var step in Steps)
        {
            string after;
            await using (var store = (await OpenEmptyAsync()).Watch())
            {
                var given = await GiveAsync(store);
                var before = await ContentsAsync(store);

                Fail(step);
                await Should.ThrowAsync<StoreUnavailableException>(() => CallAsync(call, store, given), step.Name);

                after = await ContentsAsync(store);
                if (!step.IsKept)
                {
                    after.ShouldBe(before, step.Name);
                }

                await CallAsync(call, store, given);
                store.Published.ShouldBe(await ReadProvedLogAsync(store), step.Name);
                after = await ContentsAsync(store);
            }

            await using var again = await OpenAsync();
            (await ContentsAsync(again)).ShouldBe(after, step.Name);
        }
    }

    private protected async Task<Given> GiveAsync(OpenedStore store)
    {
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        var session = await StartAsync(store, NewSession());
        await RotateAsync(store, session);
        await RotateAsync(store, session, generation: 2);
        var spread = Draft(Match.Subject("alice"), Effect.Renew) with { Spread = 600 };
        await store.Revocations.RevokeAsync(spread, Cancel);
        return new(session, await RevokeAsync(store, Match.Subject("bob")));
    }

    private protected async Task CallAsync(string call, OpenedStore store, Given given)
    {
        var session = given.Session;
        switch (call)
        {
            case "start":
                await StartAsync(store, NewSession());
                break;
            case "replace":
                await TryStartAsync(store, NewSession(), replaces: session.Id);
                break;
            case "rotate":
                await RotateAsync(store, session, generation: 3);
                break;
            case "reuse":
                await RotateAsync(store, session, generation: 1);
                break;
            case "change":
                var change = new SessionChange { SessionId = session.Id, Claims = """{"role":"seller"}""",
                    Allows = static _ => true, Audit = Caller };
                await store.Sessions.ChangeAsync(change, Cancel);
                break;
            case "revoke":
                await RevokeAsync(store, Match.Session(session.Id));
                break;
            case "spare":
                await store.Revocations.RevokeAsync(Draft(Match.Subject("alice")) with { Except = ["somebody"] }, Cancel);
                break;
            case "lift":
                await store.Revocations.LiftAsync(given.Act.Position, Caller, Cancel);
                break;
            case "spread":
                Time.Advance(TimeSpan.FromSeconds(601));
                await store.Revocations.AdvanceSpreadsAsync(Cancel);
                break;
            case "client":
                await store.Registry.SaveClientAsync("web", new() { ClientId = "web", Kind = ClientKind.Public }, Caller, Cancel);
                break;
            case "issuer":
                await store.Registry.SaveIssuerAsync(Record(ForeignIssuer), Caller, Cancel);
                break;
            case "keys":
                await store.Registry.SaveKeysAsync(
                    [new("kid", "ES256", KeyState.Active, new byte[] { 1 }, "{}", Now, Now, null)], Caller, Cancel);
                break;
            default:
                await store.Registry.NoteAsync(new("noted", Caller), Cancel);
                break;
        }
    }

    private protected static async Task<string> ContentsAsync(OpenedStore store)
    {
        var registry = await store.Registry.LoadAsync(Cancel);
        var sessions = await store.Sessions.ListAsync(new(null, null, 100, null), Cancel);
        var acts = (await store.Revocations.ListAsync(new(), default, 100, Cancel)).Rows;
        var audit = (await store.Registry.AuditAsync(new(null, null, null, default, 100), Cancel)).Rows;
        return JsonSerializer.Serialize(new { registry, sessions, acts, audit });
    }

    /// <summary>What is there before the change.</summary>
    private protected sealed record Given(Session Session, Revocation Act);
}
