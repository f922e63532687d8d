namespace Rescind.Client;

/// <summary>What a single request may say to the <see cref="RescindSessionHandler"/>.</summary>
public static class RescindRequest
{
    /// <summary>
    /// In <see cref="HttpRequestMessage.Options"/>: true says that the content can be sent again (a seekable stream, content that
    /// writes itself anew), so that the call may be repeated without copying it. False says never to repeat the call.
    /// </summary>
    public static HttpRequestOptionsKey<bool> Repeatable { get; } = new("Rescind.Client.Repeatable");
}
