using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Rescind.AspNetCore.Identity.Revocations;

/// <summary>One type of user for which AddRescind was called.</summary>
/// <param name="User">The type.</param>
/// <param name="Role">The type of its roles; null if it has none.</param>
internal sealed record UserKind(Type User, Type? Role)
{
    /// <summary>The name of its options.</summary>
    public string Name => NameOf(User);

    /// <summary>The lockouts of its users.</summary>
    public IUserLockouts LockoutsIn(IServiceProvider provider) =>
        (IUserLockouts)provider.GetRequiredService(typeof(UserManager<>).MakeGenericType(User));

    public static string NameOf(Type user) => user.FullName ?? user.Name;
}

/// <summary>The lockouts of one type of user, without naming the type.</summary>
internal interface IUserLockouts
{
    /// <summary>
    /// When the lockout ends of the user whose sessions have this subject; null if there is none, or no such user.
    /// </summary>
    Task<DateTimeOffset?> LockedUntilAsync(string subject);
}

/// <summary>Every type of user, and what each is set to. Safe for concurrent use.</summary>
internal sealed class UserKinds(IEnumerable<UserKind> kinds, IOptionsMonitor<IdentityRevocationOptions> options)
{
    private readonly IReadOnlyList<UserKind> _all = [.. kinds];

    public IdentityRevocationOptions Of<TUser>() => options.Get(UserKind.NameOf(typeof(TUser)));

    /// <summary>The type whose users have such subjects; null if no type does.</summary>
    public UserKind? Find(string subject) => _all
        .Where(kind => subject.StartsWith(PrefixOf(kind), StringComparison.Ordinal))
        .MaxBy(kind => PrefixOf(kind).Length);

    /// <summary>
    /// Every type of user or role, with the <c>UserManager</c> or <c>RoleManager</c> that compares what changes of it.
    /// </summary>
    public IReadOnlyList<(Type Type, Type Comparer)> Compared { get; } =
    [
        .. kinds.Select(static kind => (kind.User, typeof(UserManager<>).MakeGenericType(kind.User))),
        .. kinds.Select(static kind => kind.Role).OfType<Type>().Distinct()
            .Select(static role => (role, typeof(RoleManager<>).MakeGenericType(role))),
    ];

    /// <summary>The store of every type of user or role.</summary>
    public IReadOnlyList<Type> Stores { get; } =
    [
        .. kinds.Select(static kind => typeof(IUserStore<>).MakeGenericType(kind.User)),
        .. kinds.Select(static kind => kind.Role).OfType<Type>().Distinct()
            .Select(static role => typeof(IRoleStore<>).MakeGenericType(role)),
    ];

    /// <summary>Whether sessions of subjects that no type has go on.</summary>
    public bool AllowStrangers => _all.Any(kind => options.Get(kind.Name).AllowSubjectsThatAreNoUsers);

    /// <summary>
    /// The claims in which tokens name the roles of a type: those of every type of user that has such roles, of all if
    /// none says so.
    /// </summary>
    public IReadOnlyList<string> RoleClaimsOf(Type role)
    {
        var having = _all.Where(kind => kind.Role == role).ToList();
        return
        [
            .. (having.Count > 0 ? having : _all).Select(kind => options.Get(kind.Name).RoleClaim)
                .Distinct(),
        ];
    }

    private string PrefixOf(UserKind kind) => options.Get(kind.Name).SubjectPrefix ?? "";
}
