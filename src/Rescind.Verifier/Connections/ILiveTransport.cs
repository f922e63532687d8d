namespace Rescind.Verifier.Connections;

/// <summary>What a kind of connection can be told. All of it goes out whatever the connection's state is, and none of it
/// after <see cref="LiveConnection.LeaveAsync"/>.</summary>
internal interface ILiveTransport
{
    /// <summary>What it is, for metrics: <c>hub websocket stream</c>.</summary>
    string Kind { get; }

    /// <summary>Asks the client for a new token within <paramref name="left"/>.</summary>
    Task AskAsync(TimeSpan left, CancellationToken cancellationToken);

    /// <summary>Tells the client why it is over.</summary>
    Task CloseAsync(ConnectionEnd end, CancellationToken cancellationToken);

    /// <summary>Tells the app that it is over. Does not wait for what the app does then.</summary>
    void Stop();

    /// <summary>Drops the connection: the client did not take or answer the close in time.</summary>
    void Abort();
}
