using Rescind.Authority.Clients;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tokens;

namespace Rescind.Simulation;

/// <summary>
/// People who log in and refresh, on whichever node, sometimes in two tabs at once, and who ask again where no answer
/// came. G4 is checked here: one successor, none for what has ended, and nobody is logged out for nothing.
/// </summary>
internal sealed class People(World world, Promises promises, Calls calls, IReadOnlyList<Node> nodes)
{
    public static readonly string[] Clients = ["c0", "c1"];

    /// <summary>Somebody whom nobody revokes.</summary>
    public static Person Fresh => new("fresh", "fresh", "fresh");

    private readonly List<Person> _all =
    [
        .. Enumerable.Range(0, 6).Select(number => new Person($"u{number % 5}", Clients[number % 2], $"t{number % 3}")),
    ];

    private readonly Dictionary<string, string> _successors = new(StringComparer.Ordinal);

    /// <summary>How often a backup came in the place of what people were told.</summary>
    public int Restores { get; set; }

    /// <summary>Somebody does something, unless they are at it.</summary>
    public void Act()
    {
        var person = world.Chance.Pick(_all);
        if (!person.IsBusy)
        {
            world.Run(() => BusyAsync(person));
        }
    }

    /// <summary>Logs somebody in; null if that did not go well.</summary>
    public async Task<Minted?> LogInAsync(Person person)
    {
        var (asked, restores) = (world.Now, Restores);
        var reply = await calls.CallAsync(world.Chance.Pick(nodes), node => node.Get<SessionOperations>().StartAsync(
            new()
            {
                Subject = person.Subject, ClientId = person.Client, Audience = ["orders"],
                Tags = new Dictionary<string, string> { [Minted.Tag] = person.Tenant },
            },
            AuditContext.System, CancellationToken.None));
        if (reply.Value is not { Value: { } started })
        {
            world.Note("not logged in", $"{person.Subject} {reply.End} {reply.Value.Refusal?.Error.Code}");
            return null;
        }

        world.Note("logged in", person.Subject);
        person.RefreshToken = started.RefreshToken;
        person.Token = Take(started.AccessToken, person, null, restores);
        RefuseDead(person.Token, asked);
        return person.Token;
    }

    private async Task BusyAsync(Person person)
    {
        person.IsBusy = true;
        await (person.RefreshToken is not null && world.Chance.Of(0.75) ? RefreshAsync(person) : LogInAsync(person));
        person.IsBusy = false;
    }

    // All tabs are done before anybody goes on: an honest client does not use a token after it has used its successor.
    private async Task RefreshAsync(Person person)
    {
        var (asked, restores) = (world.Now, Restores);
        var (text, before) = (person.RefreshToken!, person.Token!);
        var tabs = world.Chance.Of(0.3) ? 2 : 1;
        var replies = await Task.WhenAll(Enumerable.Range(0, tabs).Select(_ => RefreshAsync(person, text)));
        foreach (var outcome in replies.Select(reply => reply.Value).OfType<RefreshOutcome>())
        {
            if (outcome.Next is { } next)
            {
                world.Note("refreshed", person.Subject);
                OneSuccessor(text, next.RefreshToken);
                RefuseStopped(before, asked);
                person.RefreshToken = next.RefreshToken;
                person.Token = Take(next.AccessToken.Text, person, before.Started, restores);
                RefuseDead(person.Token, asked);
            }
            else
            {
                world.Note("logged out", $"{person.Subject} {outcome.Refusal!.Reason}");
                LoggedOut(before, outcome);
                person.RefreshToken = null;
            }
        }
    }

    private Task<Reply<RefreshOutcome>> RefreshAsync(Person person, string text) => calls.CallAsync(
        world.Chance.Pick(nodes),
        node => node.Get<Rotation>().RefreshAsync(
            node.Get<ClientRegistry>().Find(person.Client)
                ?? throw new BrokenPromiseException($"{node.Machine.Name} does not know the client {person.Client}."),
            text, Narrowing.None, new(null, null, null), CancellationToken.None));

    private Minted Take(string text, Person person, LogPosition? started, int restores)
    {
        var minted = Minted.Read(text, promises.OwnIssuer, person.Tenant, started);
        if (restores == Restores)
        {
            promises.Add(minted);
        }

        return minted;
    }

    // Of the same token whoever asks gets the same one next, whatever was lost meanwhile.
    private void OneSuccessor(string text, string next)
    {
        if (Restores == 0 && !_successors.TryAdd(text, next) && _successors[text] != next)
        {
            throw new BrokenPromiseException("G4: a refresh token has two successors.");
        }
    }

    private void RefuseStopped(Minted before, TimeSpan asked)
    {
        if (promises.Standing.FirstOrDefault(
            act => act.AcknowledgedAt < asked && act.Stops(before, world.TrueSeconds)) is { } act)
        {
            throw new BrokenPromiseException(
                $"G4: {before} was refreshed at {asked.TotalSeconds:0.000} against {act.Act.Effect} on {act.Act.Match} at "
                + $"{act.Act.Position}, acknowledged at {act.AcknowledgedAt!.Value.TotalSeconds:0.000}.");
        }
    }

    // What was asked for after an act is not what that act has killed: neither by its date, nor by the key that signs it.
    private void RefuseDead(Minted minted, TimeSpan asked)
    {
        if (promises.Standing.FirstOrDefault(act => act.AcknowledgedAt < asked && act.Act.Effect is not Effect.Reauthenticate
            && act.Kills(minted, world.TrueSeconds)) is { } act)
        {
            throw new BrokenPromiseException(
                $"{minted}, asked for at {asked.TotalSeconds:0.000}, was dead at once by {act.Act.Effect} on "
                + $"{act.Act.Match.Kind} at {act.Act.Position}, acknowledged at {act.AcknowledgedAt!.Value.TotalSeconds:0.000}.");
        }
    }

    private void LoggedOut(Minted before, RefreshOutcome outcome)
    {
        if (Restores == 0 && !promises.Acts.Any(act => act.MayStop(before)))
        {
            throw new BrokenPromiseException($"G4: {before} was logged out ({outcome.Refusal!.Reason}), and nothing ended it.");
        }
    }
}
