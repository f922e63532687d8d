using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.AspNetCore.Identity.Revoking;

namespace Rescind.AspNetCore.Identity;

/// <summary>
/// The <see cref="RoleManager{TRole}"/> that revokes: a change of a role or of its claims renews the tokens of everybody who has it, by one
/// act on the role's name. A <c>RoleManager</c> of your own derives from it. Like every <c>RoleManager</c>, not for concurrent use.
/// </summary>
/// <typeparam name="TRole">The application's role.</typeparam>
public class RevokingRoles<TRole> : RoleManager<TRole>
    where TRole : class
{
    private readonly ConditionalWeakTable<TRole, string> _names = [];
    private readonly UserRevocations _revocations;
    private readonly UserKinds _kinds;

    /// <summary>As <see cref="RoleManager{TRole}"/>; our own parts come from <paramref name="services"/>.</summary>
    public RevokingRoles(
        IRoleStore<TRole> store,
        IEnumerable<IRoleValidator<TRole>> roleValidators,
        ILookupNormalizer keyNormalizer,
        IdentityErrorDescriber errors,
        ILogger<RoleManager<TRole>> logger,
        IServiceProvider services)
        : base(store, roleValidators, keyNormalizer, errors, logger)
    {
        _revocations = services.GetRequiredService<UserRevocations>();
        _kinds = services.GetRequiredService<UserKinds>();
    }

    /// <inheritdoc/>
    public override async Task<TRole?> FindByIdAsync(string roleId) =>
        await SeeAsync(await base.FindByIdAsync(roleId).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<TRole?> FindByNameAsync(string roleName) =>
        await SeeAsync(await base.FindByNameAsync(roleName).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<IdentityResult> SetRoleNameAsync(TRole role, string? name)
    {
        // Whoever read the role: the tokens have the name that it has until now.
        await SeeAsync(role).ConfigureAwait(false);
        return await base.SetRoleNameAsync(role, name).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task<IdentityResult> DeleteAsync(TRole role) => RenewAroundAsync(role, "role deleted", () => base.DeleteAsync(role));

    /// <summary>Where every change of a role is written, whichever method asked for it; those of its claims, too.</summary>
    protected override async Task<IdentityResult> UpdateRoleAsync(TRole role)
    {
        var result = await RenewAroundAsync(role, "role changed", () => base.UpdateRoleAsync(role)).ConfigureAwait(false);
        if (result.Succeeded)
        {
            _names.Remove(role);
            await SeeAsync(role).ConfigureAwait(false);
        }

        return result;
    }

    private async Task<IdentityResult> RenewAroundAsync(TRole role, string reason, Func<Task<IdentityResult>> write)
    {
        var name = _names.TryGetValue(role, out var seen) ? seen : await GetRoleNameAsync(role).ConfigureAwait(false);
        return string.IsNullOrEmpty(name)
            ? await write().ConfigureAwait(false)
            : await _revocations.RenewAroundAsync(
                [.. _kinds.RoleClaimsOf(typeof(TRole)).Select(claim => Match.Tag(claim, name))], reason, write).ConfigureAwait(false);
    }

    private async Task<TRole?> SeeAsync(TRole? role)
    {
        if (role is not null && !_names.TryGetValue(role, out _) && await GetRoleNameAsync(role).ConfigureAwait(false) is { } name)
        {
            _names.Add(role, name);
        }

        return role;
    }
}
