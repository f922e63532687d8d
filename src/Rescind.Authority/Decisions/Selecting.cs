using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>Which sessions an act that spares others at our own issuer selects.</summary>
internal static class Selecting
{
    /// <summary>
    /// The most sessions that one act with exceptions or with a cutoff in the past may select. Each is judged, and is an
    /// entry of the log, all in one transaction: everybody waits for the writer that long.
    /// </summary>
    public const int MostSelected = 2_000;

    /// <summary>
    /// The most sessions among which it may select, living or over: those that are over, or younger than the cutoff, are
    /// passed over at little cost.
    /// </summary>
    public const long MostNamed = 10_000;

    /// <summary>
    /// Goes on with them, but for those that are over for longer than a clock may be wrong: what else ended them may be
    /// lifted. To the verifiers those are named whose tokens could be used now if nothing else had. With null if there
    /// are too many.
    /// </summary>
    public static Step<T> Ask<T>(Present present, Revocation act, Func<IReadOnlyList<SelectedSession>?, Step<T>> next) =>
        Steps.Ask(new NamesMoreThan(act.Match, MostNamed), isMore => isMore
            ? next(null)
            : Steps.Ask(new IssuerOf(act.Issuer), issuer => AskNamed(present, act, OldestToken(act, issuer), next)));

    private static Step<T> AskNamed<T>(
        Present present, Revocation act, long oldestToken, Func<IReadOnlyList<SelectedSession>?, Step<T>> next)
    {
        SessionsNamed all = new(
            act.Match, LivingAt: act.At - Retention.ForgettingMargin,
            StartedBefore: act.Second < act.At ? act.Second : long.MaxValue, Most: MostSelected + act.Except.Count + 1);
        return Steps.Ask(all, named =>
        {
            List<Session> selected = [.. named.Where(session => SessionJudge.Selects(act, session.FactsAt(act.Issuer)))];
            return named.Count == all.Most || selected.Count > MostSelected
                ? next(null)
                : new Telling<T>(present, oldestToken, selected, next).From(0);
        });
    }

    // What was issued before is over, whatever a clock says.
    private static long OldestToken(Revocation act, IssuerRecord? issuer) =>
        issuer?.Limits is { MaxTokenLifetime: { } lifetime } limits
            ? act.At - lifetime - limits.Leeway - Retention.ForgettingMargin
            : long.MinValue;

    /// <summary>Asks of one session after the other whether the verifiers have to be told.</summary>
    private sealed class Telling<T>(
        Present present, long oldest, List<Session> sessions, Func<IReadOnlyList<SelectedSession>?, Step<T>> next)
    {
        private readonly List<SelectedSession> _selected = new(sessions.Count);

        public Step<T> From(int index)
        {
            for (; index < sessions.Count; index++)
            {
                var session = sessions[index];

                // No token is minted for a session once it has expired or ended.
                if (Math.Min(session.IdleExpiresAt, session.ExpiresAt) >= oldest)
                {
                    return AskEnd(session, index);
                }

                _selected.Add(new(session.Id, MayHoldTokens: false));
            }

            return next(_selected);
        }

        private Step<T> AskEnd(Session session, int index) => SessionJudgement.Ask(present, session, judged =>
            judged.EndedBy is { } by
                ? Steps.Ask(new ActAt(by), end => Take(session, index, end is null || end.At >= oldest))
                : Take(session, index, mayHoldTokens: true));

        private Step<T> Take(Session session, int index, bool mayHoldTokens)
        {
            _selected.Add(new(session.Id, mayHoldTokens));
            return From(index + 1);
        }
    }
}
