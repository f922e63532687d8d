using System.Security.Cryptography;
using System.Text;

namespace Rescind.Client;

/// <summary>The tokens of one session at one moment. Secret: show and log none of it. Its text names no token.</summary>
public sealed record SessionTokens
{
    /// <summary>The refresh token.</summary>
    public required string RefreshToken { get; init; }

    /// <summary>The access token; null lets the first call refresh.</summary>
    public string? AccessToken { get; init; }

    /// <summary>
    /// When the access token expires, on this machine's clock: the moment before it was asked for, and its <c>expires_in</c>.
    /// Default: expired.
    /// </summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>
    /// How long the access token lives, its <c>expires_in</c>. Set when a session is started or refreshed, to be stored with the
    /// tokens: one from a store for which this is missing, or that began to live in the future, is refreshed before it is used.
    /// </summary>
    public TimeSpan? ExpiresIn { get; init; }

    /// <summary>
    /// Which login the tokens come from. Set when a session is started and kept by every refresh, to be stored with the tokens:
    /// a logout leaves the tokens of another login, which another process has stored meanwhile. Null counts as the same login.
    /// </summary>
    public string? LoginId { get; init; }

    /// <summary>Names no token.</summary>
    public override string ToString() => $"tokens until {ExpiresAt:O}";

    /// <summary>As the first tokens of a login.</summary>
    internal SessionTokens AsLogin(DateTimeOffset now) => this with
    {
        ExpiresIn = ExpiresIn ?? (ExpiresAt > now ? ExpiresAt - now : TimeSpan.Zero), LoginId = LoginIdOf(RefreshToken),
    };

    /// <summary>The same for every process that finds the first tokens of a login in a store that has no id for it.</summary>
    internal static string LoginIdOf(string refreshToken) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(refreshToken)).AsSpan(0, 16));
}
