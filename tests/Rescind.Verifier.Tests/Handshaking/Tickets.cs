using Microsoft.Extensions.Time.Testing;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Tests.Handshaking;

public sealed class Tickets
{
    private static readonly TicketCaller Alice = new("https://issuer.test", "alice", null);

    private readonly FakeTimeProvider _time = new();
    private readonly ConnectionTickets _tickets;

    public Tickets() => _tickets = new(new(_time, Entropy.System));

    [Fact]
    public void A_ticket_is_good_for_thirty_seconds_and_not_for_one_more()
    {
        var (early, late) = (_tickets.Issue("one", Alice)!, _tickets.Issue("two", Alice)!);

        _time.Advance(TimeSpan.FromSeconds(29.9));
        _tickets.Redeem(early).ShouldBe("one");
        _time.Advance(TimeSpan.FromSeconds(0.1));

        _tickets.Redeem(late).ShouldBeNull();
    }

    [Fact]
    public void A_ticket_is_good_for_once()
    {
        var ticket = _tickets.Issue("one", Alice)!;

        _tickets.Redeem(ticket).ShouldBe("one");
        _tickets.Redeem(ticket).ShouldBeNull();
    }

    [Fact]
    public void There_are_only_so_many_and_time_makes_room()
    {
        for (var i = 0; i < ConnectionTickets.MaxTickets; i++)
        {
            _tickets.Issue("a token", Alice with { Subject = $"person {i % 1000}" }).ShouldNotBeNull();
        }

        _tickets.Issue("one too many", Alice).ShouldBeNull();
        _time.Advance(ConnectionTickets.Life);

        _tickets.Issue("a token", Alice).ShouldNotBeNull();
    }

    [Fact]
    public void One_caller_uses_up_its_own_and_leaves_the_others_theirs()
    {
        TicketCaller[] others =
        [
            Alice with { Subject = "bob" }, Alice with { Issuer = "https://other.test" },
            Alice with { Subject = null, ClientId = "alice" },
        ];
        for (var i = 0; i < ConnectionTickets.MaxOfOne; i++)
        {
            _tickets.Redeem(_tickets.Issue("a token", Alice)!).ShouldBe("a token");
        }

        _tickets.Issue("one too many", Alice).ShouldBeNull();
        others.ShouldAllBe(other => _tickets.Issue("a token", other) != null);
        _time.Advance(ConnectionTickets.Life);
        _tickets.Issue("a token", Alice).ShouldNotBeNull();
    }
}
