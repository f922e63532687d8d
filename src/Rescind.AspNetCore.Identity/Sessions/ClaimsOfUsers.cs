using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Revocations;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Sessions;

/// <summary>Asks the type of user whose subject it is.</summary>
internal sealed class ClaimsOfUsers(UserKinds kinds, IServiceProvider provider) : ISessionClaims
{
    /// <inheritdoc/>
    public ValueTask<string?> FindAsync(MintingSession session, CancellationToken cancellationToken) =>
        kinds.Find(session.Subject) is { } kind
            ? ClaimsOf(kind).FindAsync(session)
            : ValueTask.FromResult(kinds.AllowStrangers ? session.Claims : null);

    private IUserClaims ClaimsOf(UserKind kind) =>
        (IUserClaims)provider.GetRequiredService(typeof(UserClaims<>).MakeGenericType(kind.User));
}
