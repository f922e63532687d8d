using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.AspNetCore.Identity.Revocations;
using Rescind.AspNetCore.Identity.Saving;

namespace Rescind.AspNetCore.Identity;

/// <summary>
/// The <see cref="RoleManager{TRole}"/> that revokes: a change of a role or of its claims renews the tokens of
/// everybody who has it, by one act on the role's name. A <c>RoleManager</c> of your own derives from it. Like every
/// <c>RoleManager</c>, not for concurrent use.
/// </summary>
/// <typeparam name="TRole">The application's role.</typeparam>
public class RevokingRoleManager<TRole> : RoleManager<TRole>, IStateComparer
    where TRole : class
{
    private const string Changed = "role changed";

    private static readonly Type Comparer = typeof(RoleManager<TRole>);

    private readonly UserRevocations _revocations;
    private readonly CommitRevocations _commits;
    private readonly IServiceScopeFactory _scopes;
    private readonly UserKinds _kinds;

    private DbContext? Context => StoreContext.FollowedOf(Store);

    /// <summary>As <see cref="RoleManager{TRole}"/>; our own parts come from <paramref name="services"/>.</summary>
    public RevokingRoleManager(
        IRoleStore<TRole> store,
        IEnumerable<IRoleValidator<TRole>> roleValidators,
        ILookupNormalizer keyNormalizer,
        IdentityErrorDescriber errors,
        ILogger<RoleManager<TRole>> logger,
        IServiceProvider services)
        : base(store, roleValidators, keyNormalizer, errors, logger)
    {
        _revocations = services.GetRequiredService<UserRevocations>();
        _commits = services.GetRequiredService<CommitRevocations>();
        _scopes = services.GetRequiredService<IServiceScopeFactory>();
        _kinds = services.GetRequiredService<UserKinds>();
    }

    /// <inheritdoc/>
    public override async Task<IdentityResult> DeleteAsync(TRole role)
    {
        ArgumentNullException.ThrowIfNull(role);
        var plan = Renewal(await StoredAsync(role).ConfigureAwait(false), "role deleted");
        return await AroundAsync(role, PendingChange.Deleted, plan, () => base.DeleteAsync(role)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task<IdentityResult> AddClaimAsync(TRole role, Claim claim) =>
        RenewAroundAsync(role, () => base.AddClaimAsync(role, claim));

    /// <inheritdoc/>
    public override Task<IdentityResult> RemoveClaimAsync(TRole role, Claim claim) =>
        RenewAroundAsync(role, () => base.RemoveClaimAsync(role, claim));

    /// <summary>Where every change of a role is written, whichever method asked for it; those of its claims, too.</summary>
    protected override async Task<IdentityResult> UpdateRoleAsync(TRole role)
    {
        var after = await GetRoleNameAsync(role).ConfigureAwait(false);
        var plan = Renewal(await StoredAsync(role).ConfigureAwait(false) ?? after, Changed);
        return await AroundAsync(role, after, plan, () => base.UpdateRoleAsync(role)).ConfigureAwait(false);
    }

    async Task<object> IStateComparer.StateAsync(object entity) =>
        await GetRoleNameAsync((TRole)entity).ConfigureAwait(false) ?? "";

    RevocationPlan? IStateComparer.Between(object before, object after) => Renewal((string)before, Changed);

    RevocationPlan? IStateComparer.Deletion(object before) => Renewal((string)before, "role deleted");

    // Nobody has it yet.
    Task<RevocationPlan?> IStateComparer.CreationAsync(object entity) => Task.FromResult<RevocationPlan?>(null);

    async Task<RevocationPlan?> IStateComparer.LinkedAsync(DbContext context, object id, LinkedRow row) =>
        await StoreContext.StoredAsync<TRole>(context, id).ConfigureAwait(false) is { } role
            ? Renewal(await GetRoleNameAsync(role).ConfigureAwait(false), row.Reason)
            : null;

    // A store of EF Core may leave the row of a claim to a later save, if the role itself is refused.
    private async Task<IdentityResult> RenewAroundAsync(TRole role, Func<Task<IdentityResult>> write)
    {
        ArgumentNullException.ThrowIfNull(role);
        return Context is null
            ? await write().ConfigureAwait(false)
            : await AroundAsync(role, null, Renewal(await StoredAsync(role).ConfigureAwait(false), Changed), write)
                .ConfigureAwait(false);
    }

    // The tokens have the name that the store has, whatever the object has by now.
    private async Task<string?> StoredAsync(TRole role)
    {
        if (Context is { } context && StoreContext.Maps(context, role))
        {
            return await StoreContext.StoredAsync(context, role).ConfigureAwait(false) is TRole row
                ? await GetRoleNameAsync(row).ConfigureAwait(false)
                : null;
        }

        var scope = _scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var store = scope.ServiceProvider.GetRequiredService<IRoleStore<TRole>>();
            var stored = await store.FindByIdAsync(await GetRoleIdAsync(role).ConfigureAwait(false), CancellationToken.None)
                .ConfigureAwait(false);
            return stored is null ? null : await GetRoleNameAsync(stored).ConfigureAwait(false);
        }
    }

    private RevocationPlan? Renewal(string? name, string reason) => string.IsNullOrEmpty(name)
        ? null
        : RevocationPlan.Renewal(_kinds.RoleClaimsOf(typeof(TRole)).Select(claim => Match.Tag(claim, name)), reason);

    private Task<IdentityResult> AroundAsync(TRole role, object? state, RevocationPlan? plan, Func<Task<IdentityResult>> write) =>
        Context is { } context
            ? _commits.AroundAsync(context, StoreContext.SavesLater(Store), new(role, Comparer, state, plan), write)
        : plan is null ? write()
        : _revocations.AroundAsync(plan, write);
}
