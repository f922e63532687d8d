namespace Rescind.Client;

/// <summary>What <see cref="RescindSession.Ended"/> tells.</summary>
public sealed class SessionEndedEventArgs : EventArgs
{
    internal SessionEndedEventArgs(SessionEnd end) => End = end;

    /// <summary>Why the session ended.</summary>
    public SessionEnd End { get; }
}
