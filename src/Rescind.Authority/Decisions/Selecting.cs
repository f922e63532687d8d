using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>Which sessions an act that spares others at our own issuer selects.</summary>
internal static class Selecting
{
    /// <summary>
    /// The most sessions among which one act with exceptions or with a cutoff in the past may select, living or over:
    /// each that it selects is an entry of the log, all are written in one transaction, and everybody waits for the
    /// writer.
    /// </summary>
    public const long MostBySession = 10_000;

    /// <summary>
    /// Goes on with them, but for those that are over for longer than a clock may be wrong: what else ended them may be
    /// lifted. To the verifiers those are named whose tokens could be used now if nothing else had.
    /// </summary>
    public static Step<T> Ask<T>(Present present, Revocation act, Func<IReadOnlyList<SelectedSession>, Step<T>> next) =>
        Steps.Ask(new IssuerOf(act.Issuer), issuer => Steps.Ask(new SessionsNamed(act.Match), named =>
        {
            List<Session> selected = [.. named.Where(session =>
                !session.IsExpiredAt(act.At - Retention.ForgettingMargin)
                && SessionJudge.Selects(act, session.FactsAt(act.Issuer)))];
            return new Telling<T>(present, OldestToken(act, issuer), selected, next).From(0);
        }));

    // What was issued before is over, whatever a clock says.
    private static long OldestToken(Revocation act, IssuerRecord? issuer) =>
        issuer?.Limits is { MaxTokenLifetime: { } lifetime } limits
            ? act.At - lifetime - limits.Leeway - Retention.ForgettingMargin
            : long.MinValue;

    /// <summary>Asks of one session after the other whether the verifiers have to be told.</summary>
    private sealed class Telling<T>(
        Present present, long oldest, List<Session> sessions, Func<IReadOnlyList<SelectedSession>, Step<T>> next)
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
