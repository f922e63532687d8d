namespace Rescind.Client.Refreshing;

/// <summary>
/// Tokens in use. Compared by reference: whoever used these can see whether they are still the current ones. Their life
/// is counted from here on in time that passes, so that a clock that is set back does not make it longer.
/// </summary>
internal sealed class ActiveTokens(SessionTokens tokens, double refreshAt, TimeProvider time)
{
    private const double Spread = 0.1;

    private readonly long _since = time.GetTimestamp();
    private readonly TimeSpan _life = LifeOf(tokens, time.GetUtcNow());
    private volatile bool _isRetired;

    public SessionTokens Tokens { get; } = tokens;

    /// <summary>Whether another process had them from the Authority.</summary>
    public bool IsTakenOver { get; init; }

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
    public static ActiveTokens Of(
        SessionTokens tokens, double part, Jitter jitter, TimeProvider time, bool isTakenOver = false) =>
        new(tokens, part + ((jitter.NextFraction() - 0.5) * Spread), time) { IsTakenOver = isTakenOver };

    public void Retire() => _isRetired = true;

    // No more than a whole life can be left. Where more seems to be, the clock was set back since they were obtained,
    // and nobody knows when that was.
    private static TimeSpan LifeOf(SessionTokens tokens, DateTimeOffset now) =>
        tokens.ExpiresAt - now is var left && left <= (tokens.ExpiresIn ?? TimeSpan.Zero) ? left : TimeSpan.Zero;
}
