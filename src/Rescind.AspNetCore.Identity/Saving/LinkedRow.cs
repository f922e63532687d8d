using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>
/// A changed row of Identity beside those of users and roles: a link to a role, a claim, a way to log in. Whoever
/// writes it. Immutable.
/// </summary>
/// <param name="Owner">The property with the key of the user or role that it belongs to.</param>
/// <param name="Reason">What has happened.</param>
/// <param name="Ends">Whether that ends sessions; otherwise it renews tokens.</param>
internal sealed record LinkedRow(string Owner, string Reason, bool Ends)
{
    private const string User = nameof(IdentityUserRole<>.UserId);
    private const string Role = nameof(IdentityRoleClaim<>.RoleId);

    // As the stores of Identity name them.
    private const string AuthenticatorProvider = "[AspNetUserStore]";
    private const string AuthenticatorKey = "AuthenticatorKey";

    /// <summary>Whether it belongs to a role, otherwise to a user.</summary>
    public bool IsOfRole => Owner == Role;

    /// <summary>What <paramref name="entry"/> is about to write; null if it is nothing to anybody's session.</summary>
    public static LinkedRow? Of(EntityEntry entry)
    {
        for (var type = entry.Entity.GetType(); type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && Of(entry, type.GetGenericTypeDefinition()) is { } row)
            {
                return entry.Metadata.FindProperty(row.Owner) is null ? null : row;
            }
        }

        return null;
    }

    /// <summary>The keys of those whom the row belonged to, or is going to.</summary>
    public async Task<IEnumerable<object>> OwnersAsync(EntityEntry entry)
    {
        var owner = entry.Property(Owner);
        var before = entry.State is EntityState.Added || owner.Metadata.IsPrimaryKey() ? null
            : (await entry.GetDatabaseValuesAsync().ConfigureAwait(false))?[Owner];
        var after = entry.State is EntityState.Added || owner.Metadata.IsPrimaryKey() || owner.IsModified
            ? owner.CurrentValue
            : null;
        return new[] { before, after }.OfType<object>().Distinct();
    }

    private static LinkedRow? Of(EntityEntry entry, Type definition) =>
        definition == typeof(IdentityUserRole<>) ? new(User, $"role {WordOf(entry, "changed")}", Ends: false)
        : definition == typeof(IdentityUserClaim<>) ? new(User, $"claim {WordOf(entry, "replaced")}", Ends: false)
        : definition == typeof(IdentityRoleClaim<>) ? new(Role, "role changed", Ends: false)
        : definition == typeof(IdentityUserLogin<>) && IsTaken(entry) ? new(User, "external login removed", Ends: true)
        : definition == typeof(IdentityUserPasskey<>) && IsTaken(entry) ? new(User, "passkey removed", Ends: true)
        : definition == typeof(IdentityUserToken<>) && IsAuthenticator(entry) ? new(User, "authenticator reset", Ends: true)
        : null;

    private static string WordOf(EntityEntry entry, string changed) => entry.State switch
    {
        EntityState.Added => "added",
        EntityState.Deleted => "removed",
        _ => changed,
    };

    // Its other columns say how it is shown, or how often it was used.
    private static bool IsTaken(EntityEntry entry) => entry.State is EntityState.Deleted
        || (entry.State is EntityState.Modified
            && entry.Properties.Any(static property => property is { Metadata.Name: User, IsModified: true }));

    private static bool IsAuthenticator(EntityEntry entry) =>
        entry.Property(nameof(IdentityUserToken<>.LoginProvider)).CurrentValue is AuthenticatorProvider
        && entry.Property(nameof(IdentityUserToken<>.Name)).CurrentValue is AuthenticatorKey;
}
