using System.Runtime.InteropServices;

namespace Rescind.Verifier.Handshaking;

/// <summary>
/// Tickets that stand for a token in the URL of one handshake (WS-4): random, good for once and for 30 seconds, in the
/// memory of the process that gave them out. Safe for concurrent use.
/// </summary>
internal sealed class ConnectionTickets(VerifierClock clock)
{
    /// <summary>How many may be out at once: 20 MiB, were each to stand for a token of 2 KiB.</summary>
    public const int MaxTickets = 10_000;

    /// <summary>How many of them one caller may have, so that nobody uses up what others need.</summary>
    public const int MaxOfOne = MaxTickets / 100;

    public static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    // Protects the three below. Tickets end in the order in which they were given out; until then one that was used counts too.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _tokens = [];
    private readonly Queue<(string Ticket, TicketCaller Caller, long Issued)> _order = new();
    private readonly Dictionary<TicketCaller, int> _counts = [];

    /// <summary>A ticket for a token of a caller; null while too many are out, or too many of this one.</summary>
    public string? Issue(string token, TicketCaller caller)
    {
        var ticket = clock.Entropy.NextId(32);
        lock (_lock)
        {
            Forget();
            var count = _counts.GetValueOrDefault(caller);
            if (_order.Count >= MaxTickets || count >= MaxOfOne)
            {
                return null;
            }

            _tokens.Add(ticket, token);
            _order.Enqueue((ticket, caller, clock.Time.GetTimestamp()));
            _counts[caller] = count + 1;
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
            _order.Dequeue();
            _tokens.Remove(first.Ticket);
            if (--CollectionsMarshal.GetValueRefOrNullRef(_counts, first.Caller) == 0)
            {
                _counts.Remove(first.Caller);
            }
        }
    }
}

/// <summary>Who asks for a ticket: a person, or a client without one, at an issuer.</summary>
internal readonly record struct TicketCaller(string Issuer, string? Subject, string? ClientId)
{
    public static TicketCaller Of(TokenFacts facts) => new(
        facts.Issuer, facts.Subject, facts.Subject is null ? facts.ClientId : null);
}
