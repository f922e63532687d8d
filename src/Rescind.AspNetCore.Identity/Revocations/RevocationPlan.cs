using Rescind.Authority.Revocations;

namespace Rescind.AspNetCore.Identity.Revocations;

/// <summary>
/// What one change of the user store asks of the Authority: a block before the change is true; acts before and again
/// after; earlier blocks lifted after. Immutable, and of plain values, so that an outbox can keep it.
/// </summary>
internal sealed record RevocationPlan
{
    /// <summary>Why a lockout blocks.</summary>
    public const string LockedOut = Identity + "locked out";

    /// <summary>Why a deletion blocks.</summary>
    public const string UserDeleted = Identity + "user deleted";

    private const string Identity = "ASP.NET Core Identity: ";

    /// <summary>How long a deleted user's subject stays blocked: longer than any login can be half done.</summary>
    private static readonly TimeSpan HalfDoneLogin = TimeSpan.FromDays(1);

    /// <summary>The latest end of a block; a lockout without one is <see cref="DateTimeOffset.MaxValue"/>.</summary>
    private static readonly DateTimeOffset Latest = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Whose sessions; null where a change of a role reaches those of many.</summary>
    public string? Subject { get; init; }

    /// <summary>The block of <see cref="Subject"/>; null for none.</summary>
    public PlannedAct? Block { get; init; }

    /// <summary>What is ended or renewed.</summary>
    public IReadOnlyList<PlannedAct> Acts { get; init; } = [];

    /// <summary>The reasons for which earlier blocks of <see cref="Subject"/> are lifted.</summary>
    public IReadOnlyList<string> Lifts { get; init; } = [];

    /// <summary>Ends what <paramref name="change"/> ends, but <paramref name="present"/> if that is spared.</summary>
    public static RevocationPlan Of(UserChange change, string? present)
    {
        var subject = Match.Subject(change.Subject);
        string[] spared = change.SparesPresent && present is not null ? [present] : [];
        return new()
        {
            Subject = change.Subject,
            Block = change.BlockUntil is { } until ? Blocking(Match.Subject(change.BlockedSubject), until, LockedOut) : null,
            Acts = change.Ends is { } reason
                ? [PlannedAct.On(subject, Effect.End, Identity + reason) with { Spared = spared }, .. EndsOfNew(change)]
                : [],
            Lifts = change.LiftsBlocks ? [LockedOut] : [],
        };
    }

    /// <summary>Ends everything, and stands against a login that passed its password before the deletion (T-25).</summary>
    public static RevocationPlan Deletion(string subject, DateTimeOffset now) => new()
    {
        Subject = subject,
        Block = Blocking(Match.Subject(subject), now + HalfDoneLogin, UserDeleted),
        Acts = [PlannedAct.On(Match.Subject(subject), Effect.End, UserDeleted)],
        Lifts = [LockedOut],
    };

    /// <summary>New tokens, and nobody is logged out.</summary>
    public static RevocationPlan Renewal(IEnumerable<Match> matches, string reason) =>
        new() { Acts = [.. matches.Select(match => PlannedAct.On(match, Effect.Renew, Identity + reason))] };

    /// <summary>
    /// What changes that are committed as one ask for: no block that a later one lifts, and no act twice. Pure.
    /// </summary>
    public static IReadOnlyList<RevocationPlan> AsOne(IReadOnlyList<RevocationPlan> plans)
    {
        HashSet<(MatchKind, string?, string?, Effect, string)> made = [];
        return [.. plans.Select((plan, place) => plan with
        {
            Block = plans.Skip(place + 1).Any(later => later.LiftsBlockOf(plan)) ? null : plan.Block,
            Acts =
            [
                .. plan.Acts.Where(act => made.Add((act.Kind, act.Name, act.Value, act.Effect, string.Join(' ', act.Spared)))),
            ],
        })];
    }

    /// <summary>
    /// Whether <paramref name="block"/> ends with the lockout until <paramref name="end"/>: stores round instants.
    /// </summary>
    public static bool IsBlockOf(Revocation block, DateTimeOffset? end) =>
        end is { } instant && block.Second - (instant < Latest ? instant : Latest).ToUnixTimeSeconds() is 0 or 1;

    /// <summary>
    /// Whether what <paramref name="plans"/> ask for includes every act of this one, for whatever reason. Pure.
    /// </summary>
    public bool IsWithin(IEnumerable<RevocationPlan> plans) =>
        Block is null && Acts.All(act => plans.Any(plan => plan.Acts.Any(act.IsWithin)));

    // Somebody may have had the new name, and gone past the UserManager.
    private static IEnumerable<PlannedAct> EndsOfNew(UserChange change) =>
        change.BlockedSubject is "" || change.BlockedSubject == change.Subject
            ? []
            : [PlannedAct.On(Match.Subject(change.BlockedSubject), Effect.End, Identity + change.Ends)];

    private bool LiftsBlockOf(RevocationPlan earlier) =>
        earlier.Block is { } block && block.Value == Subject && Lifts.Contains(block.Reason);

    private static PlannedAct Blocking(Match subject, DateTimeOffset until, string reason) =>
        PlannedAct.On(subject, Effect.Block, reason) with { Until = until < Latest ? until : Latest };
}

/// <summary>One act of a plan. Immutable.</summary>
/// <param name="Kind">What is named.</param>
/// <param name="Name">The claim of a tag.</param>
/// <param name="Value">Its value.</param>
/// <param name="Effect">What is done to it.</param>
/// <param name="Reason">Why.</param>
internal sealed record PlannedAct(MatchKind Kind, string? Name, string? Value, Effect Effect, string Reason)
{
    /// <summary>When a block ends.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Sessions that live on.</summary>
    public IReadOnlyList<string> Spared { get; init; } = [];

    public static PlannedAct On(Match match, Effect effect, string reason) =>
        new(match.Kind, match.Name, match.Value, effect, reason);

    /// <summary>Whether <paramref name="other"/> does at least the same. Pure.</summary>
    public bool IsWithin(PlannedAct other) => (Kind, Name, Value) == (other.Kind, other.Name, other.Value)
        && ((Effect == other.Effect && Spared.SequenceEqual(other.Spared)) || other is { Effect: Effect.End, Spared.Count: 0 });

    /// <summary>The act as the Authority takes it.</summary>
    public RevocationRequest ToRequest() =>
        new() { Match = Match.From(Kind, Name, Value), Effect = Effect, Reason = Reason, Until = Until, Except = Spared };
}
