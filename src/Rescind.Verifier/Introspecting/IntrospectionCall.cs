namespace Rescind.Verifier.Introspecting;

/// <summary>One question on its way, and all who wait for its answer.</summary>
internal sealed class IntrospectionCall
{
    private readonly TaskCompletionSource<IntrospectionAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _sentAt;

    public Task<IntrospectionAnswer> Answer => _answer.Task;

    /// <summary>Since when the answer can hold: what the Authority says, it says after it was asked. Zero before.</summary>
    public TimeSpan AgeAt(TimeProvider time) => _sentAt is { } sent ? time.GetElapsedTime(sent) : TimeSpan.Zero;

    /// <summary>Whether whoever comes now may share the answer.</summary>
    public bool CanBeJoined(RouteDemand demand, TimeProvider time) =>
        _sentAt is null || (!demand.Introspection && AgeAt(time) < demand.Freshness);

    public void Sent(TimeProvider time) => _sentAt = time.GetTimestamp();

    public void Complete(IntrospectionAnswer answer) => _answer.SetResult(answer);
}
