namespace Rescind;

/// <summary>What a follower wants done next.</summary>
public enum FollowerStepKind : byte
{
    /// <summary>Nothing decided.</summary>
    None = 0,

    /// <summary>Send <see cref="FollowerStep.Request"/> now and report the answer or the failure.</summary>
    Poll = 1,

    /// <summary>Fetch the snapshot into <see cref="FollowerStep.Snapshot"/> and report its end or the failure.</summary>
    Snapshot = 2,

    /// <summary>Ask again after <see cref="FollowerStep.Delay"/>.</summary>
    Wait = 3,
}

/// <summary>One step of a follower.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Request">The poll to send.</param>
/// <param name="Snapshot">Where the snapshot goes.</param>
/// <param name="Delay">How long to wait.</param>
public readonly record struct FollowerStep(
    FollowerStepKind Kind, FeedRequest? Request, SnapshotBuilder? Snapshot, TimeSpan Delay);
