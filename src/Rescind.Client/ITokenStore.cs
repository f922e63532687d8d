namespace Rescind.Client;

/// <summary>
/// Where an application keeps the tokens of its session; in memory by default. Each method is called by one caller at a
/// time, also where several sessions have the same object. It keeps all members of <see cref="SessionTokens"/>. A store
/// that several processes share keeps them on the same tokens: it is read before every refresh, and again before what
/// came of it is saved. A refresh saves nothing over tokens that others have stored meanwhile, and nothing into a store
/// that was cleared: a login alone fills it, and a process that finds it empty is logged out.
/// </summary>
public interface ITokenStore
{
    /// <summary>
    /// The tokens, or null if there are none. What cannot be a token counts as absent, with a warning in the log. To
    /// throw keeps the session and fails the call (RSC5106).
    /// </summary>
    ValueTask<SessionTokens?> LoadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the tokens, durably and whole: completes only when they outlive a crash, and leaves the old ones if it
    /// throws. New tokens are used only after it has completed. Until then the old refresh token counts, and gets the
    /// same successor again.
    /// </summary>
    ValueTask SaveAsync(SessionTokens tokens, CancellationToken cancellationToken);

    /// <summary>Forgets the tokens: logged out, or ended by the Authority.</summary>
    ValueTask ClearAsync(CancellationToken cancellationToken);
}
