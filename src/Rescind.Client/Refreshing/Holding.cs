namespace Rescind.Client.Refreshing;

/// <summary>
/// Tokens in use. Compared by reference: whoever used these can see whether they are still the current ones. Their life is counted from here
/// on in time that passes, so that a clock that is set back does not make it longer.
/// </summary>
internal sealed class Holding(SessionTokens tokens, double refreshAt, TimeProvider time)
{
    private const double Spread = 0.1;

    private readonly long _since = time.GetTimestamp();
    private readonly TimeSpan _life = tokens.ExpiresAt - time.GetUtcNow();
    private volatile bool _isRetired;

    public SessionTokens Tokens { get; } = tokens;

    /// <summary>The login that they are of, by reference.</summary>
    public required LiveSession Login { get; init; }

    /// <summary>Not to be used again: replaced, or an API said <c>invalid_token</c>.</summary>
    public bool IsRetired => _isRetired;

    /// <summary>Whether they live, by the time that has passed.</summary>
    public bool IsAlive => Tokens.AccessToken is not null && !_isRetired && Left > TimeSpan.Zero;

    /// <summary>Whether they live by the wall clock too, which alone goes on while a machine sleeps.</summary>
    public bool IsUsable => IsAlive && time.GetUtcNow() < Tokens.ExpiresAt;

    public bool IsDue => IsAhead || Left <= _life * (1 - refreshAt);

    private TimeSpan Left => _life - time.GetElapsedTime(_since);

    // Not every provider's timestamps keep going when its clock is set back.
    private bool IsAhead => Left > _life;

    /// <summary>To be refreshed after about this part of its life.</summary>
    public static Holding Of(LiveSession login, SessionTokens tokens, double part, Jitter jitter, TimeProvider time) =>
        new(tokens, part + ((jitter.NextFraction() - 0.5) * Spread), time) { Login = login };

    /// <summary>Whether others live longer: by what they say, or, where the clock was set since these were taken up, by what is left.</summary>
    public bool IsOlderThan(SessionTokens others) =>
        IsAhead || others.ExpiresAt > Tokens.ExpiresAt || others.ExpiresAt - time.GetUtcNow() > Left;

    public void Retire() => _isRetired = true;
}
