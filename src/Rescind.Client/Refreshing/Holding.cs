namespace Rescind.Client.Refreshing;

/// <summary>Tokens in use. Compared by reference: whoever used these can see whether they are still the current ones.</summary>
internal sealed class Holding(SessionTokens tokens, DateTimeOffset refreshAt)
{
    private const double Spread = 0.1;

    private volatile bool _isRetired;

    public SessionTokens Tokens { get; } = tokens;

    public static Holding Of(SessionTokens tokens, double part, Jitter jitter, DateTimeOffset now) =>
        new(tokens, now + (tokens.ExpiresAt - now) * (part + ((jitter.NextFraction() - 0.5) * Spread)));

    /// <summary>Not to be used again: replaced, or an API said <c>invalid_token</c>.</summary>
    public bool IsRetired => _isRetired;

    public void Retire() => _isRetired = true;

    public bool IsUsable(DateTimeOffset now) => Tokens.AccessToken is not null && !_isRetired && now < Tokens.ExpiresAt;

    public bool IsDue(DateTimeOffset now) => now >= refreshAt;
}
