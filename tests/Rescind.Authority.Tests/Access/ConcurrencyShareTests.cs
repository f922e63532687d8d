using Rescind.Authority.Clients;

namespace Rescind.Authority.Tests.Access;

/// <summary>What one caller may take of a budget that all share.</summary>
public sealed class ConcurrencyShareTests
{
    private readonly ConcurrencyShares _shares = new(64);

    [Fact]
    public void A_caller_alone_gets_the_most() => Enter("one").ShouldBe(64);

    [Fact]
    public void Whoever_takes_all_that_it_can_leaves_room_for_the_others()
    {
        Enter("greedy");

        Enter("second").ShouldBe(32);
        Enter("third").ShouldBe(16);
        _shares.TryEnter("fourth").ShouldBeTrue();
    }

    [Fact]
    public void All_together_never_get_more_than_twice_the_most() =>
        Enumerable.Range(0, 1000).Sum(caller => Enter($"{caller}")).ShouldBe(128);

    [Fact]
    public void What_was_given_back_can_be_taken_again()
    {
        Enter("one");
        _shares.Leave("one");

        Enter("one").ShouldBe(1);
    }

    private int Enter(string caller)
    {
        var entered = 0;
        while (_shares.TryEnter(caller))
        {
            entered++;
        }

        return entered;
    }
}
