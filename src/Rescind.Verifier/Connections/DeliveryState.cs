namespace Rescind.Verifier.Connections;

/// <summary>What a live connection may do. The default may nothing.</summary>
internal enum DeliveryState : byte
{
    /// <summary>Nothing is delivered any more; it is closed, or about to be.</summary>
    Shut = 0,

    /// <summary>Nothing is delivered for now: what is sent is kept aside, or waits.</summary>
    Held = 1,

    /// <summary>Everything is delivered.</summary>
    Open = 2,
}

/// <summary>What a verdict means for a connection. Pure.</summary>
/// <param name="State">What it may do.</param>
/// <param name="End">Why it ends; for a shut one alone.</param>
/// <param name="HeldFor">How long it may be held at most; for a held one alone.</param>
internal readonly record struct ConnectionDecision(DeliveryState State, ConnectionEnd? End, TimeSpan HeldFor)
{
    /// <summary>The decision on a connection that has not been open for <paramref name="held"/>.</summary>
    public static ConnectionDecision Of(VerdictKind verdict, TimeSpan held, LiveConnectionOptions options) => verdict switch
    {
        VerdictKind.Valid => new(DeliveryState.Open, null, default),
        VerdictKind.Renew => Hold(held, options.RenewalMargin, ConnectionEnd.Expired),
        VerdictKind.Unknown => Hold(held, options.StalePatience, ConnectionEnd.TryLater),
        VerdictKind.Expired => Shut(ConnectionEnd.Expired),
        VerdictKind.Reauthenticate => Shut(ConnectionEnd.LoginRequired),
        _ => Shut(ConnectionEnd.Revoked),
    };

    private static ConnectionDecision Hold(TimeSpan held, TimeSpan longest, ConnectionEnd then) =>
        held < longest ? new(DeliveryState.Held, null, longest) : Shut(then);

    private static ConnectionDecision Shut(ConnectionEnd end) => new(DeliveryState.Shut, end, default);
}
