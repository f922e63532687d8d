namespace Rescind.Verifier.Authentication;

/// <summary>
/// Places in a ring. What was used since the hand last passed keeps its place; the first that was not gives way. Not safe for
/// concurrent use.
/// </summary>
internal sealed class Places(int size)
{
    private readonly VerifiedToken?[] _ring = new VerifiedToken?[size];
    private readonly Dictionary<VerifiedToken, int> _places = new(ReferenceEqualityComparer.Instance);
    private readonly Stack<int> _free = new(Enumerable.Range(0, size).Reverse());
    private readonly long _mostCharacters = (long)size * VerifiedTokens.CharactersEach;
    private int _hand;

    public int Size => _ring.Length;

    public long Characters { get; private set; }

    public bool Fits(VerifiedToken token) => token.Text.Length <= _mostCharacters;

    /// <summary>Takes the places of as many as needed, which are given.</summary>
    public IEnumerable<VerifiedToken> MakeRoom(VerifiedToken token)
    {
        while (_free.Count == 0 || Characters + token.Text.Length > _mostCharacters)
        {
            var displaced = NextUnused();
            Free(displaced);
            yield return displaced;
        }
    }

    public void Put(VerifiedToken token)
    {
        var place = _free.Pop();
        (_ring[place], _places[token]) = (token, place);
        Characters += token.Text.Length;
        token.WasUsed = false;
    }

    public void Free(VerifiedToken token)
    {
        if (_places.Remove(token, out var place))
        {
            _ring[place] = null;
            _free.Push(place);
            Characters -= token.Text.Length;
        }
    }

    /// <summary>Moves on by so many places, and frees those not used since it last passed. Gives what was there.</summary>
    public IEnumerable<VerifiedToken> Sweep(int places)
    {
        for (var i = 0; i < places; i++)
        {
            var token = _ring[_hand];
            _hand = (_hand + 1) % _ring.Length;
            if (token is { WasUsed: false })
            {
                Free(token);
                yield return token;
            }

            token?.WasUsed = false;
        }
    }

    // Ends within two rounds: the first clears what it passes.
    private VerifiedToken NextUnused()
    {
        while (true)
        {
            var token = _ring[_hand];
            _hand = (_hand + 1) % _ring.Length;
            if (token is { WasUsed: false })
            {
                return token;
            }

            token?.WasUsed = false;
        }
    }
}
