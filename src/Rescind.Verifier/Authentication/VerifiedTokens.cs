using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// Tokens whose signature was verified, found by their whole text. Bounded in number and in characters. One that was sent once
/// waits in a tenth of the places, which each new one passes through: those that nobody sends again, however many, displace each
/// other and not those that are sent again and again. One that nobody sends for twice <see cref="Round"/> is forgotten while
/// others come, so that those of people who have gone fill no memory. Safe for concurrent use; finding one takes no lock.
/// </summary>
internal sealed class VerifiedTokens
{
    /// <summary>How long one look at all of them takes.</summary>
    public static readonly TimeSpan Round = TimeSpan.FromSeconds(10);

    /// <summary>So many characters for each place: most tokens are shorter, and longer ones take the places of several.</summary>
    public const int CharactersEach = 2048;

    private readonly ConcurrentDictionary<string, VerifiedToken> _byText = new(TokenTexts.Comparer);
    private readonly Lock _lock = new();
    private readonly Places _new;
    private readonly Places _busy;
    private readonly TimeProvider _time;
    private long _swept;

    /// <param name="size">How many are remembered at most; none if it is 0.</param>
    /// <param name="time">Measures how long ago one was sent.</param>
    public VerifiedTokens(int size, TimeProvider time)
    {
        (_time, _swept) = (time, time.GetTimestamp());
        _new = new(size / 10 + Math.Sign(size));
        _busy = new(size - _new.Size);
    }

    /// <summary>How many are remembered.</summary>
    public int Count => _byText.Count;

    /// <summary>How many characters they have together.</summary>
    public long Characters
    {
        get
        {
            lock (_lock)
            {
                return _new.Characters + _busy.Characters;
            }
        }
    }

    public bool TryFind(string text, [NotNullWhen(true)] out VerifiedToken? token)
    {
        if (!_byText.TryGetValue(text, out token))
        {
            return false;
        }

        if (!token.IsBusy)
        {
            Promote(token);
        }
        else if (!token.WasUsed)
        {
            // Written only when it changes: many read it at once.
            token.WasUsed = true;
        }

        return true;
    }

    /// <summary>Remembers it, in place of what was known of the same text.</summary>
    public void Add(VerifiedToken token)
    {
        lock (_lock)
        {
            Sweep();
            Forget(token.Text);
            if (_new.Fits(token))
            {
                Put(_new, token);
            }
        }
    }

    /// <summary>Forgets it, unless something else is known of the same text by now.</summary>
    public void Remove(VerifiedToken token)
    {
        lock (_lock)
        {
            if (_byText.TryGetValue(token.Text, out var known) && ReferenceEquals(known, token))
            {
                Forget(token.Text);
            }
        }
    }

    private void Promote(VerifiedToken token)
    {
        lock (_lock)
        {
            if (!token.IsBusy && _byText.TryGetValue(token.Text, out var known) && ReferenceEquals(known, token)
                && _busy.Fits(token))
            {
                Forget(token.Text);
                token.IsBusy = true;
                Put(_busy, token);
            }
        }
    }

    private void Sweep()
    {
        var part = Math.Min(1, _time.GetElapsedTime(_swept) / Round);
        if (part * _new.Size < 1)
        {
            return;
        }

        _swept = _time.GetTimestamp();
        foreach (var unused in _new.Sweep((int)(part * _new.Size)).Concat(_busy.Sweep((int)(part * _busy.Size))))
        {
            _byText.TryRemove(unused.Text, out _);
        }
    }

    private void Put(Places places, VerifiedToken token)
    {
        foreach (var displaced in places.MakeRoom(token))
        {
            _byText.TryRemove(displaced.Text, out _);
        }

        places.Put(token);
        _byText[token.Text] = token;
    }

    private void Forget(string text)
    {
        if (_byText.TryRemove(text, out var known))
        {
            (known.IsBusy ? _busy : _new).Free(known);
        }
    }
}
