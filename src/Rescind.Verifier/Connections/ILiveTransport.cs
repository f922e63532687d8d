namespace Rescind.Verifier.Connections;

/// <summary>What a kind of connection can be told. All of it goes out whatever the connection's standing is.</summary>
internal interface ILiveTransport
{
    /// <summary>What it is, for metrics: <c>hub websocket stream</c>.</summary>
    string Kind { get; }

    /// <summary>Asks the client for a new token within <paramref name="left"/>.</summary>
    Task AskAsync(TimeSpan left, CancellationToken cancellationToken);

    /// <summary>Tells the client why it is over, and the app that it is.</summary>
    Task CloseAsync(ConnectionEnd end, CancellationToken cancellationToken);

    /// <summary>Drops the connection: the client did not take or answer the close in time.</summary>
    void Abort();
}
