using System.Globalization;

namespace Rescind.Verifier.Connections;

/// <summary>
/// What is said to clients of raw WebSockets and event streams beside the app's own messages, and by them. On a
/// WebSocket these are text messages that begin with <see cref="Prefix"/>; in an event stream they are events of the
/// type <c>rescind</c>.
/// </summary>
internal static class ControlMessages
{
    public const string Prefix = "rescind:";

    /// <summary>The client's: a new token follows.</summary>
    public static ReadOnlySpan<byte> Token => "rescind:token "u8;

    /// <summary>A new token is needed within so many seconds.</summary>
    public static byte[] Renew(TimeSpan left) =>
        Text(string.Create(CultureInfo.InvariantCulture, $"{Prefix}renew {Seconds(left)}"));

    /// <summary>The new token counts; what the client had sent meanwhile was not taken, so many messages.</summary>
    public static byte[] Renewed(int dropped) => Text(string.Create(CultureInfo.InvariantCulture, $"{Prefix}renewed {dropped}"));

    /// <summary>The new token is not valid; the present one goes on counting.</summary>
    public static byte[] Refused { get; } = Text(Prefix + "refused");

    /// <summary>An event that asks for a new connection with a new token within so many seconds.</summary>
    public static byte[] RenewEvent(TimeSpan left) =>
        Event(string.Create(CultureInfo.InvariantCulture, $"renew {Seconds(left)}"));

    /// <summary>The last event: why it is over.</summary>
    public static byte[] CloseEvent(ConnectionEnd end) => Event("close " + end.Text);

    /// <summary>Whole seconds, downwards: who keeps to them is in time.</summary>
    public static int Seconds(TimeSpan left) => (int)Math.Max(0, left.TotalSeconds);

    private static byte[] Event(string data) => Text($"event: rescind\ndata: {data}\n\n");

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
