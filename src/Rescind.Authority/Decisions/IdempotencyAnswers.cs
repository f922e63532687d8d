using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// The answers to idempotency keys: the same key gets the same answer, also where that was an act from before it.
/// </summary>
internal static class IdempotencyAnswers
{
    /// <summary>How long one is kept.</summary>
    public const long KeptSeconds = 24 * 3600;

    /// <summary>Ends with what was answered under the key, or that it was seen with another request; else goes on.</summary>
    public static Step<RevokeOutcome> Ask(Present present, IdempotencyKey key, Func<Step<RevokeOutcome>> next) =>
        Steps.Ask(new AnswerTo(key, present.Second - KeptSeconds), answer =>
            answer is null ? next()
            : answer.RequestHash != key.RequestHash ? Steps.Done(new RevokeOutcome(RevokeResult.KeyReused, null, 0, true))
            : Steps.Ask(new ActAt(answer.Act), act =>
                Steps.Done(new RevokeOutcome(RevokeResult.Repeated, act, answer.Sessions, answer.Known))));

    /// <summary>Ends with an outcome that has an act, and keeps it under the key if there is one.</summary>
    public static Step<RevokeOutcome> Keep(ChangeList changes, IdempotencyKey? key, RevokeOutcome outcome)
    {
        if (key is not null)
        {
            var answer = new KeptAnswer(key.RequestHash, outcome.Revocation!.Position, outcome.Sessions, outcome.Known);
            changes.Add(new KeepAnswer(key, answer, changes.Present.Second));
        }

        return Steps.Done(outcome, changes.Build());
    }
}
