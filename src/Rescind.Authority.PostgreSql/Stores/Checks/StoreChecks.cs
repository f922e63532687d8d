using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores.Checks;

/// <summary>The store itself, opened twice on the schema as two nodes are.</summary>
internal static class StoreChecks
{
    private const int Many = 50;

    private static readonly AuditContext Caller = new("local:check", null, null);

    public static IReadOnlyList<Check> All { get; } =
    [
        new("tables", "Two nodes that start at once create the tables, and both can use them.", TablesAsync),
        new("one-log", "Acts that two nodes append at once are one log without a gap, whose chain holds.", LogAsync),
        new("one-successor", "Of many refreshes of one token at two nodes at once one is new, and the others repeat it.",
            SuccessorAsync),
        new("revoked-then-lifted", "What one node has ended is ended at the other, and lives again once that one lifts it.",
            LiftAsync),
        new("pulse", "A node commits its row and reads the head in the same statement.", PulseAsync),
        new("forgetting", "What is due to be forgotten is found and deleted.", PurgeAsync),
    ];

    private static Task<string?> TablesAsync(CheckPlace place) => OnTwoAsync(place, HeadsAsync);

    private static Task<string?> LogAsync(CheckPlace place) => OnTwoAsync(place, static async (first, second) =>
    {
        var before = (await first.Registry.LoadAsync(default).ConfigureAwait(false)).Head;
        await Task.WhenAll(Enumerable.Range(0, 2 * Many).Select(
            number => RevokeAsync(number % 2 == 0 ? first : second, $"subject {number}"))).ConfigureAwait(false);
        var page = await second.Revocations.ReadAsync(before.Position, int.MaxValue, default).ConfigureAwait(false);
        if (page is not { Entries.Count: 2 * Many, Before: { } chain })
        {
            return $"{page?.Entries.Count ?? 0} of {2 * Many} are in it.";
        }

        return page.Entries.Aggregate(chain, static (sum, entry) => sum.Then(entry)) == page.Head.Chain
            ? await HeadsAsync(first, second).ConfigureAwait(false) : "The chain does not hold.";
    });

    private static Task<string?> SuccessorAsync(CheckPlace place) => OnTwoAsync(place, static async (first, second) =>
    {
        var session = await StartAsync(first).ConfigureAwait(false);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, Many).Select(number => (number % 2 == 0 ? first : second)
            .Sessions.RotateAsync(
                new()
                {
                    SessionId = session.Id, Generation = session.Generation, ClientId = session.ClientId,
                    IdleLifetime = TimeSpan.FromHours(1), Audit = Caller,
                },
                default))).ConfigureAwait(false);
        var (won, repeated) = (
            outcomes.Count(static one => one.Result is RotationResult.Rotated),
            outcomes.Count(static one => one.Result is RotationResult.Repeated));
        return (won, repeated) == (1, Many - 1) ? null : $"{won} were new, and {repeated} repeated one.";
    });

    private static Task<string?> LiftAsync(CheckPlace place) => OnTwoAsync(place, static async (first, second) =>
    {
        var session = await StartAsync(first).ConfigureAwait(false);
        var act = await RevokeAsync(first, session.Subject).ConfigureAwait(false);
        if ((await second.Sessions.FindAsync(session.Id, default).ConfigureAwait(false))?.EndedBy != act)
        {
            return "It lived at the other node.";
        }

        await second.Revocations.LiftAsync(act, Caller, default).ConfigureAwait(false);
        return (await first.Sessions.FindAsync(session.Id, default).ConfigureAwait(false))?.EndedBy is null
            ? null : "It stayed ended.";
    });

    private static Task<string?> PulseAsync(CheckPlace place) => OnTwoAsync(place, static async (first, second) =>
    {
        await RevokeAsync(first, "pulse").ConfigureAwait(false);
        var head = await second.Nodes.PulseAsync(default).ConfigureAwait(false);
        var read = await first.Nodes.ReadHeadAsync(default).ConfigureAwait(false);
        return head == read ? null : "It read another head.";
    });

    private static Task<string?> PurgeAsync(CheckPlace place) => OnTwoAsync(place, static async (first, _) =>
    {
        await first.Revocations.PurgeAsync(default).ConfigureAwait(false);
        return null;
    });

    private static async Task<string?> HeadsAsync(PostgresStore first, PostgresStore second)
    {
        var (one, other) = (
            await first.Nodes.ReadHeadAsync(default).ConfigureAwait(false),
            await second.Nodes.ReadHeadAsync(default).ConfigureAwait(false));
        return one == other ? null : "The nodes read two heads.";
    }

    private static async Task<LogPosition> RevokeAsync(PostgresStore store, string subject)
    {
        var draft = new RevocationDraft
        {
            Issuer = store.Issuer, Match = Match.Subject(subject), Effect = Effect.End, Reason = "check", Audit = Caller,
        };
        var outcome = await store.Revocations.RevokeAsync(draft, default).ConfigureAwait(false);
        return outcome.Revocation?.Position ?? throw new InvalidOperationException($"A revocation ended as {outcome.Result}.");
    }

    private static async Task<Session> StartAsync(PostgresStore store)
    {
        var now = store.Clock.Now.ToUnixTimeSeconds();
        var session = new Session
        {
            Id = Entropy.System.NextId(), Subject = Entropy.System.NextId(), ClientId = "check", Audience = ["check"],
            CreatedAt = now, AuthenticatedAt = 0, LastRefreshedAt = now, Generation = 1, IdleExpiresAt = now + 3600,
            ExpiresAt = now + 7200, Started = default, RefreshKeyId = 1, Salt = new byte[] { 1, 2, 3 },
        };
        var outcome = await store.Sessions.StartAsync(new() { Session = session, Audit = Caller }, default).ConfigureAwait(false);
        return outcome.Session ?? throw new InvalidOperationException($"A start ended as {outcome.Result}.");
    }

    private static async Task<string?> OnTwoAsync(
        CheckPlace place, Func<PostgresStore, PostgresStore, Task<string?>> findFault)
    {
        var opening = (OpenAsync(place), OpenAsync(place));
        var first = await opening.Item1.ConfigureAwait(false);
        await using (first.ConfigureAwait(false))
        {
            var second = await opening.Item2.ConfigureAwait(false);
            await using (second.ConfigureAwait(false))
            {
                return await findFault(first, second).ConfigureAwait(false);
            }
        }
    }

    private static Task<PostgresStore> OpenAsync(CheckPlace place) =>
        PostgresStore.OpenAsync(place.Options, TimeProvider.System, Entropy.System);
}
