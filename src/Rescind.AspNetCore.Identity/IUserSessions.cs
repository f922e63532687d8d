using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity;

/// <summary>
/// Starts sessions of users, after the application has checked who they are. Scoped, as the <c>UserManager</c> is.
/// </summary>
/// <typeparam name="TUser">The application's user.</typeparam>
public interface IUserSessions<TUser>
    where TUser : class
{
    /// <summary>
    /// Starts a session for <paramref name="user"/> under <see cref="IdentityRevocationOptions.Subject"/>, with the
    /// user's roles and claims of this moment, and applies <see cref="IdentityRevocationOptions.SingleSession"/>.
    /// Throws <see cref="LoginOvertakenException"/> if the user was changed, locked out or deleted since it was read,
    /// and otherwise as <see cref="ISessions.StartAsync"/> does. The user is read once more in a scope of its own:
    /// commit what the login itself has written first.
    /// </summary>
    /// <param name="user">The user, as the login read and checked it.</param>
    /// <param name="describe">Completes the session: audience, scope, device, tags. Its subject stays the user's.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<StartedSession> StartAsync(
        TUser user, Func<SessionStart, SessionStart>? describe = null, CancellationToken cancellationToken = default);
}
