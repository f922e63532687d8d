namespace Rescind.Verifier.Handshaking;

/// <summary>
/// Tickets that stand for a token in the URL of one handshake (WS-4): random, good for once and for 30 seconds, in the
/// memory of the process that gave them out. Safe for concurrent use.
/// </summary>
internal sealed class ConnectionTickets(VerifierClock clock)
{
    /// <summary>How many may be out at once: 20 MiB, were each to stand for a token of 2 KiB.</summary>
    public const int MaxTickets = 10_000;

    public static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    // Protects the two below. Tickets end in the order in which they were given out.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _tokens = [];
    private readonly Queue<(string Ticket, long Issued)> _order = new();

    /// <summary>A ticket for a token; null while too many are out.</summary>
    public string? Issue(string token)
    {
        var ticket = clock.Entropy.NextId(32);
        lock (_lock)
        {
            Forget();
            if (_order.Count >= MaxTickets)
            {
                return null;
            }

            _tokens.Add(ticket, token);
            _order.Enqueue((ticket, clock.Time.GetTimestamp()));
            return ticket;
        }
    }

    /// <summary>The token of a ticket, once; null if there is none, any more.</summary>
    public string? Redeem(string ticket)
    {
        lock (_lock)
        {
            Forget();
            return _tokens.Remove(ticket, out var token) ? token : null;
        }
    }

    private void Forget()
    {
        while (_order.TryPeek(out var first) && clock.Time.GetElapsedTime(first.Issued) >= Life)
        {
            _tokens.Remove(_order.Dequeue().Ticket);
        }
    }
}
