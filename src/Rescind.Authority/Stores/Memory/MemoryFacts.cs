

namespace Rescind.Authority.Stores.Memory;

/// <summary>
/// Answers from the data, by looking through all of it where that is simplest. Whoever asks holds the lock of the data.
/// </summary>
internal sealed class MemoryFacts(MemoryData data, string ownIssuer) : IFacts
{
    private const int MostLinesOfSession = 64;

    public TFact Get<TFact>(Want<TFact> want) => (TFact)Find(want)!;

    private object? Find(Want want) => want switch
    {
        SessionById session => data.Find(session.Id)?.Row,
        SessionsNamed named => Named(named.Match).Select(static row => row.Session)
            .Where(session => session.CreatedAt < named.StartedBefore && !session.IsExpiredAt(named.LivingAt))
            .Take(named.Most).ToList(),
        NamesMoreThan names => Named(names.Match).Skip((int)Math.Min(names.Most, int.MaxValue)).Any(),
        ActsTouching touching => Touching(touching.Session),
        ActAt act => data.Acts.GetValueOrDefault(act.Position.Value),
        ActsOn acts => ActsOn(acts),
        StateOf state => StateOf(state.Issuer, state.Match),
        NewestOwnEnd end => EndsOf(end.Issuer, end.Match, end.Actor).LastOrDefault(static act => !act.BySession),
        OwnSparingEnds ends => EndsOf(ends.Issuer, ends.Match, ends.Actor).Where(static act => act.BySession).Reverse().ToList(),
        FurthestEndOf end =>
            Ends(data.ActsOn(ownIssuer, Match.Subject(end.Subject))).OrderBy(act => (act.Second, act.Position)).LastOrDefault(),
        OldestEndOf end => Ends(data.ActsOn(ownIssuer, Match.Session(end.SessionId)))
            .FirstOrDefault(act => !act.BySession && act.Position != end.Without),
        SelectedBy selected => SelectedBy(selected),
        HasSelected selected => data.Selected.TryGetValue(selected.Act, out var sessions)
            && sessions.Contains(selected.SessionId),
        AnswerTo answer => data.Answers.TryGetValue((answer.Key.Actor, answer.Key.Key), out var kept) && kept.At > answer.Since
            ? kept.Answer
            : null,
        SpreadOf spread => SpreadOf(spread.Act),
        IssuerOf issuer => data.Issuers.TryGetValue(issuer.Issuer, out var known) && (issuer.OrRemoved || !known.IsRemoved)
            ? known.Saved.Record : null,
        KeyInLog key => data.Keys.TryGetValue(key.Id, out var saved) ? saved.Announced : default,
        IsNoted note => data.Audit.Values.Where(line => line.SessionId == note.SessionId).TakeLast(MostLinesOfSession)
            .Any(line => line.Action == note.Action && line.At > note.Since),
        IsWaiting logout => data.Logouts.TryGetValue(logout.Number, out var waiting) && waiting.Act == logout.Act,
        _ => throw new ArgumentException($"Memory does not answer {want.GetType().Name}.", nameof(want)),
    };

    /// <summary>The sessions that a match of our own issuer names, in the order of their start.</summary>
    public IEnumerable<MemorySession> Named(Match match) => MemoryMatching.Find(data, ownIssuer, match);

    /// <inheritdoc cref="ActsTouching"/>
    public IReadOnlyList<Revocation> Touching(SessionFacts facts) =>
    [
        .. SessionJudge.MatchesOf(facts).SelectMany(match => data.ActsOn(ownIssuer, match))
            .Where(static act => act.LiftedBy is null && !act.BySession),

        // That it was selected is decided: dates that were corrected since do not spare it.
        .. Ends(data.ActsSelecting(facts.Id)).Select(static act => act with { BySession = false }),
    ];

    /// <summary>The acts on what a session is from before <paramref name="act"/>, as they stood then.</summary>
    public IReadOnlyList<Revocation> Earlier(SessionFacts facts, Revocation act) =>
    [
        .. SessionJudge.MatchesOf(facts).SelectMany(match => data.ActsOn(ownIssuer, match))
            .Where(earlier => earlier.Position < act.Position)
            .Select(earlier => Decisions.Touching.AsBefore(earlier, act)),
    ];

    public RevocationState StateOf(string issuer, Match match) =>
        data.States.TryGetValue((issuer, match), out var entry) ? entry.State! : RevocationState.Of([], ownIssuer: true);

    public OpenSpread? SpreadOf(LogPosition act) =>
        data.Spreads.TryGetValue(act, out var spread) && data.Acts.TryGetValue(act.Value, out var found)
            ? new(found, spread.After, spread.Scanned) : null;

    private List<Revocation> ActsOn(ActsOn acts)
    {
        var selecting = acts.Match.Kind is MatchKind.Session && acts.Issuer == ownIssuer
            ? data.ActsSelecting(acts.Match.Value!)
            : [];
        return
        [
            .. data.ActsOn(acts.Issuer, acts.Match).Where(static act => act.LiftedBy is null && !act.BySession).Concat(selecting)
                .Where(act => act.Position != acts.Without),
        ];
    }

    private List<SelectedSession> SelectedBy(SelectedBy selected) => data.Selected.TryGetValue(selected.Act, out var sessions)
        ? [.. sessions.Take(selected.Most).Select(id => new SelectedSession(
            id, data.States.ContainsKey((data.Acts[selected.Act.Value].Issuer, Match.Session(id)))))]
        : [];

    private IEnumerable<Revocation> EndsOf(string issuer, Match match, string actor) =>
        Ends(data.ActsOn(issuer, match)).Where(act => act.Actor == actor);

    private static IEnumerable<Revocation> Ends(IEnumerable<Revocation> acts) =>
        acts.Where(static act => act.Effect is Effect.End && act.LiftedBy is null);
}
