namespace Rescind.Simulation;

/// <summary>What became of an act when a backup without it was put back.</summary>
internal enum Loss
{
    None,

    /// <summary>Every key was replaced with it, so no token that it killed can be verified.</summary>
    WithKeys,

    /// <summary>Nobody noticed: only who already knew the act can go on refusing.</summary>
    Silent,
}

/// <summary>An act, and what callers were told of it.</summary>
/// <param name="act">The act.</param>
/// <param name="sessions">The sessions that there were: an act that spares some names the others one by one.</param>
internal sealed class KnownAct(Revocation act, IReadOnlySet<string> sessions)
{
    public Revocation Act { get; } = act;

    public TimeSpan? AcknowledgedAt { get; set; }

    /// <summary>When a receipt has said that every verifier refuses, or that it must do so by then at the latest.</summary>
    public TimeSpan? InForceAt { get; set; }

    public bool WasLifted { get; set; }

    public Loss Loss { get; set; }

    /// <summary>
    /// Whether it kills <paramref name="token"/>, said as naively as it can be; blocks while every clock agrees that they last.
    /// </summary>
    public bool Kills(Minted token, long trueSeconds) => token.Is(Act.Match) && Act.Effect switch
    {
        Effect.End when Act.BySession => token.Started < Act.Position && Selects(token),
        Effect.End => Act.Match.EndsUnconditionally || token.Head < Act.Position,
        Effect.Renew => token.Head < Act.Position,
        Effect.Reauthenticate => token.Facts.AuthTime <= Act.Second,
        _ => IsBlocking(trueSeconds),
    };

    /// <summary>
    /// Whether it keeps the session of <paramref name="token"/> from going on: nothing may be minted for it any more.
    /// </summary>
    public bool Stops(Minted token, long trueSeconds) => token.IsOfSession(Act.Match) && Act.Effect switch
    {
        Effect.End => token.Started < Act.Position && (!Act.BySession || Selects(token)),
        Effect.Block => IsBlocking(trueSeconds),
        _ => false,
    };

    /// <summary>Whether anybody could take it for a reason not to go on with the session of <paramref name="token"/>.</summary>
    public bool MayStop(Minted token) => token.IsOfSession(Act.Match) && Act.Effect is Effect.End or Effect.Block;

    private bool Selects(Minted token) =>
        sessions.Contains(token.Facts.SessionId!) && !Act.Except.Contains(token.Facts.SessionId!);

    private bool IsBlocking(long trueSeconds) => trueSeconds + Retention.ClockMargin < Act.Second;
}
