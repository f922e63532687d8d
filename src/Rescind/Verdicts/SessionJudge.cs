namespace Rescind;

/// <summary>What is known of one of our own sessions when it is judged.</summary>
/// <param name="Id">Its <c>sid</c>.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="ClientId">Its client.</param>
/// <param name="Tags">Its tags, each with the position since which it holds.</param>
/// <param name="Started">The head that its start transaction read.</param>
/// <param name="StartedAt">When it was started, in seconds since the Unix epoch.</param>
public sealed record SessionFacts(
    string Id, string Subject, string ClientId, IReadOnlyList<SessionTag> Tags, LogPosition Started, long StartedAt)
{
    /// <summary>What its tokens say in a claim that has a place of its own here; null for any other, which is a tag.</summary>
    internal string? TextOf(string claim) =>
        claim == IssuerClaims.Standard.Session ? Id
        : claim == IssuerClaims.Standard.Subject ? Subject
        : claim == IssuerClaims.Standard.Client ? ClientId
        : null;
}

/// <summary>One tag of a session: a top-level claim of its tokens, and the position since which it holds.</summary>
public sealed record SessionTag(string Name, string Value, LogPosition Since);

/// <summary>Whether a session lives. The default refuses.</summary>
public enum SessionVerdictKind : byte
{
    /// <summary>Nobody judged: refused.</summary>
    Undecided = 0,

    /// <summary>It lives.</summary>
    Live = 1,

    /// <summary>An act ended it.</summary>
    Ended = 2,

    /// <summary>A block holds: no start, no refresh.</summary>
    Blocked = 3,
}

/// <summary>The verdict on a session, and the act that decided.</summary>
public readonly record struct SessionVerdict(SessionVerdictKind Kind, LogPosition By);

/// <summary>
/// Judges our own sessions by the acts themselves, with the algebra that judges tokens: a session is ended by rule, not by row
/// (design of mass revocation: one small append whatever it hits). Pure.
/// </summary>
public static class SessionJudge
{
    /// <summary>
    /// The matches under which acts can touch a session: itself, its subject, its client, the issuer, and its tags but
    /// for those that no match can hold.
    /// </summary>
    public static IEnumerable<Match> MatchesOf(SessionFacts session)
    {
        ArgumentNullException.ThrowIfNull(session);
        foreach (var kind in MatchKinds.All.Where(static kind => kind.NamesSessions && !kind.HasName))
        {
            foreach (var value in ValuesOf(kind, session))
            {
                yield return Match.From(kind.Kind, null, value);
            }
        }

        foreach (var tag in session.Tags.Where(static tag => Match.CanHold(tag.Name) && Match.CanHold(tag.Value)))
        {
            yield return Match.Tag(tag.Name, tag.Value);
        }
    }

    /// <summary>
    /// The verdict at <paramref name="now"/> (seconds since the Unix epoch) given every act on the matches of the session.
    /// </summary>
    public static SessionVerdict Decide(SessionFacts session, IEnumerable<Revocation> acts, long now)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(acts);
        var (ended, block) = (default(LogPosition), default(Slot));
        foreach (var act in acts)
        {
            if (act.LiftedBy is not null)
            {
                continue;
            }

            if (act.Effect is Effect.End && Selects(act, session))
            {
                ended = act.Position > ended ? act.Position : ended;
            }
            else if (act.Effect is Effect.Block && Touches(act, session) && now < act.Second)
            {
                block = Slot.Merge(block, new(act.Position, act.Second), byAct: false);
            }
        }

        return ended.Value != 0 ? new(SessionVerdictKind.Ended, ended)
            : !block.IsEmpty ? new(SessionVerdictKind.Blocked, block.By)
            : new(SessionVerdictKind.Live, default);
    }

    private static bool Touches(Revocation act, SessionFacts session) => SinceOf(act.Match, session) is not null;

    /// <summary>
    /// Whether <paramref name="act"/> selects the session: it is what the act names, from before it, and not spared.
    /// </summary>
    public static bool Selects(Revocation act, SessionFacts session)
    {
        ArgumentNullException.ThrowIfNull(act);
        ArgumentNullException.ThrowIfNull(session);
        return SinceOf(act.Match, session) is { } since
            && (act.Match.EndsUnconditionally || (act.Position > since && !(act.BySession && Spares(act, session))));
    }

    // A cutoff of now is exact by position; only one in the past is a second, and sessions of that second are spared.
    private static bool Spares(Revocation act, SessionFacts session) =>
        act.Except.Contains(session.Id) || (act.Second < act.At && session.StartedAt >= act.Second);

    // Null for all that there is, which has no value.
    private static IEnumerable<string?> ValuesOf(MatchTraits kind, SessionFacts session) =>
        kind.Claim?.Invoke(IssuerClaims.Standard) is not { } claim ? [null]
        : session.TextOf(claim) is { } text ? [text]
        : session.Tags.Where(tag => tag.Name == claim && Match.CanHold(tag.Value)).Select(static tag => (string?)tag.Value);

    // Since when the session is what the match names; null if it is not.
    private static LogPosition? SinceOf(Match match, SessionFacts session)
    {
        if (!match.Traits.NamesSessions)
        {
            return null;
        }

        if (match.ClaimAmong(IssuerClaims.Standard) is not { } claim)
        {
            return session.Started;
        }

        if (match.Name is null && session.TextOf(claim) is { } text)
        {
            return text == match.Value ? session.Started : null;
        }

        return session.Tags.FirstOrDefault(tag => tag.Name == claim && tag.Value == match.Value)?.Since;
    }
}
