using Microsoft.Extensions.Time.Testing;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Tests.Handshaking;

public sealed class Tickets
{
    private readonly FakeTimeProvider _time = new();
    private readonly ConnectionTickets _tickets;

    public Tickets() => _tickets = new(new(_time, Entropy.System));

    [Fact]
    public void A_ticket_is_good_for_thirty_seconds_and_not_for_one_more()
    {
        var (early, late) = (_tickets.Issue("one")!, _tickets.Issue("two")!);

        _time.Advance(TimeSpan.FromSeconds(29.9));
        _tickets.Redeem(early).ShouldBe("one");
        _time.Advance(TimeSpan.FromSeconds(0.1));

        _tickets.Redeem(late).ShouldBeNull();
    }

    [Fact]
    public void A_ticket_is_good_for_once()
    {
        var ticket = _tickets.Issue("one")!;

        _tickets.Redeem(ticket).ShouldBe("one");
        _tickets.Redeem(ticket).ShouldBeNull();
    }

    [Fact]
    public void There_are_only_so_many_and_time_makes_room()
    {
        for (var i = 0; i < ConnectionTickets.MaxTickets; i++)
        {
            _tickets.Issue("a token").ShouldNotBeNull();
        }

        _tickets.Issue("one too many").ShouldBeNull();
        _time.Advance(ConnectionTickets.Life);

        _tickets.Issue("a token").ShouldNotBeNull();
    }
}
