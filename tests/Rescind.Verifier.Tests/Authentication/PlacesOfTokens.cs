using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier.Authentication;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

/// <summary>Which tokens are forgotten when there are too many.</summary>
public sealed class PlacesOfTokens
{
    private const int Size = 100;

    private readonly FakeTimeProvider _time = new();
    private readonly VerifiedTokens _tokens;

    public PlacesOfTokens() => _tokens = new(Size, _time);

    [Fact]
    public void Tokens_that_are_sent_once_do_not_displace_those_that_are_sent_again()
    {
        var busy = Enumerable.Range(0, 80).Select(i => Token($"busy-{i}")).ToList();
        busy.ForEach(SendTwice);

        for (var i = 0; i < 10_000; i++)
        {
            Send(Token($"once-{i}"));
        }

        busy.Count(token => _tokens.TryFind(token.Text, out _)).ShouldBe(busy.Count);
        _tokens.Count.ShouldBeLessThanOrEqualTo(Size);
    }

    [Fact]
    public void Of_those_that_are_sent_again_the_ones_in_use_stay()
    {
        var busy = Enumerable.Range(0, 40).Select(i => Token($"busy-{i}")).ToList();
        busy.ForEach(SendTwice);

        for (var i = 0; i < 10_000; i++)
        {
            SendTwice(Token($"twice-{i}"));
            if (i % 10 == 0)
            {
                busy.ForEach(Send);
            }
        }

        busy.Count(token => _tokens.TryFind(token.Text, out _)).ShouldBe(busy.Count);
    }

    [Fact]
    public void What_nobody_sends_any_more_is_forgotten_while_others_come()
    {
        var gone = Enumerable.Range(0, 50).Select(i => Token($"gone-{i}")).ToList();
        gone.ForEach(SendTwice);
        var busy = Token("busy");
        SendTwice(busy);

        for (var i = 0; i < 100; i++)
        {
            _time.Advance(VerifiedTokens.Round / 40);
            Send(busy);
            if (i % 5 == 0)
            {
                SendTwice(Token($"now-{i}"));
            }
        }

        _tokens.TryFind("busy", out _).ShouldBeTrue();
        gone.Count(token => _tokens.TryFind(token.Text, out _)).ShouldBe(0);
    }

    [Fact]
    public void Neither_number_nor_characters_are_ever_more_than_there_is_room_for()
    {
        var random = new Random(7);
        var sent = new List<VerifiedToken>();
        for (var i = 0; i < 20_000; i++)
        {
            var token = random.Next(3) == 0 && sent.Count > 0
                ? sent[random.Next(sent.Count)]
                : Token($"{i}-{new string('x', random.Next(2) == 0 ? 10 : random.Next(16_000))}");
            sent.Add(token);
            Send(token);
            if (random.Next(10) == 0)
            {
                _tokens.Remove(sent[random.Next(sent.Count)]);
            }

            _tokens.Count.ShouldBeLessThanOrEqualTo(Size);
            _tokens.Characters.ShouldBeLessThanOrEqualTo(Size * VerifiedTokens.CharactersEach);
            sent.RemoveRange(0, Math.Max(0, sent.Count - (2 * Size)));
        }
    }

    [Fact]
    public void A_token_is_found_by_every_character_and_not_by_its_end()
    {
        var end = new string('s', 86);
        Send(Token("one." + end));

        _tokens.TryFind("two." + end, out _).ShouldBeFalse();
        _tokens.TryFind("one." + end, out _).ShouldBeTrue();
    }

    [Fact]
    public void What_is_known_anew_of_a_text_is_not_forgotten_with_what_was_known_before()
    {
        var (before, now) = (Token("same"), Token("same"));
        SendTwice(before);
        _tokens.Add(now);

        _tokens.Remove(before);

        _tokens.TryFind("same", out var known).ShouldBeTrue();
        known.ShouldBeSameAs(now);
    }

    [Fact]
    public async Task Many_may_find_add_and_remove_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 20_000; i++)
            {
                var token = Token($"token-{random.Next(300)}");
                if (_tokens.TryFind(token.Text, out var known))
                {
                    known.Text.ShouldBe(token.Text);
                }
                else
                {
                    _tokens.Add(token);
                }

                if (random.Next(20) == 0)
                {
                    _tokens.Remove(token);
                }
            }
        })));

        _tokens.Count.ShouldBeLessThanOrEqualTo(Size);
    }

    private void Send(VerifiedToken token)
    {
        if (!_tokens.TryFind(token.Text, out _))
        {
            _tokens.Add(token);
        }
    }

    private void SendTwice(VerifiedToken token)
    {
        Send(token);
        Send(token);
    }

    private static VerifiedToken Token(string text) => new(
        text, new("issuer", "key", "ES256"), new SymmetricSecurityKey(new byte[32]), null!, null!, default,
        new() { IsValid = true, ClaimsIdentity = new() });
}
