using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.AspNetCore.Identity.Revocations;
using Rescind.AspNetCore.Identity.Saving;

namespace Rescind.AspNetCore.Identity;

/// <summary>
/// The <see cref="UserManager{TUser}"/> that revokes. Whatever it is asked to write is compared with what the store
/// has, and the difference is revoked around the write, with EF Core around its commit;
/// <see cref="RevocationNotRecordedException"/> if that cannot be promised. A <c>UserManager</c> of your own derives
/// from it; the constructor is the same. Like every <c>UserManager</c>, not for concurrent use.
/// </summary>
/// <typeparam name="TUser">The application's user.</typeparam>
public class RevokingUserManager<TUser> : UserManager<TUser>, IStateComparer, IUserLockouts
    where TUser : class
{
    private static readonly Type Comparer = typeof(UserManager<TUser>);

    private readonly UserRevocations _revocations;
    private readonly CommitRevocations _commits;
    private readonly PresentSession _present;
    private readonly IServiceScopeFactory _scopes;
    private readonly IdentityRevocationOptions _options;
    private readonly TimeProvider _time;
    private Call? _call;

    private string Prefix => _options.SubjectPrefix ?? "";

    private DbContext? Context => StoreContext.FollowedOf(Store);

    /// <summary>
    /// As <see cref="UserManager{TUser}"/>; our own parts come from <paramref name="services"/>: subclasses need not name them.
    /// </summary>
    public RevokingUserManager(
        IUserStore<TUser> store,
        IOptions<IdentityOptions> optionsAccessor,
        IPasswordHasher<TUser> passwordHasher,
        IEnumerable<IUserValidator<TUser>> userValidators,
        IEnumerable<IPasswordValidator<TUser>> passwordValidators,
        ILookupNormalizer keyNormalizer,
        IdentityErrorDescriber errors,
        IServiceProvider services,
        ILogger<UserManager<TUser>> logger)
        : base(store, optionsAccessor, passwordHasher, userValidators, passwordValidators, keyNormalizer, errors, services,
            logger)
    {
        _revocations = services.GetRequiredService<UserRevocations>();
        _commits = services.GetRequiredService<CommitRevocations>();
        _present = services.GetRequiredService<PresentSession>();
        _scopes = services.GetRequiredService<IServiceScopeFactory>();
        _options = services.GetRequiredService<UserKinds>().Of<TUser>();
        _time = services.GetRequiredService<TimeProvider>();
    }

    /// <summary>
    /// The user's id in <paramref name="principal"/>; without <see cref="IdentityRevocationOptions.SubjectPrefix"/>, if
    /// it has that.
    /// </summary>
    public override string? GetUserId(ClaimsPrincipal principal) =>
        base.GetUserId(principal) is { } id && Prefix.Length > 0 && id.StartsWith(Prefix, StringComparison.Ordinal)
            ? id[Prefix.Length..]
            : base.GetUserId(principal);

    /// <inheritdoc/>
    public override async Task<IdentityResult> CreateAsync(TUser user)
    {
        var result = await base.CreateAsync(user).ConfigureAwait(false);
        if (result.Succeeded && !StoreContext.IsSeen(Store, user) && await CreationAsync(user).ConfigureAwait(false) is { } plan)
        {
            await _revocations.CompleteAsync([plan], []).ConfigureAwait(false);
        }

        return result;
    }

    /// <inheritdoc/>
    public override async Task<IdentityResult> DeleteAsync(TUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        var state = await StoredAsync(user).ConfigureAwait(false) ?? await StateAsync(user).ConfigureAwait(false);
        return await AroundAsync(user, PendingChange.Deleted, DeletionOf(state), () => base.DeleteAsync(user))
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task<bool> CheckPasswordAsync(TUser user, string password) =>
        AsAsync(UserIntent.CheckPassword, user, () => base.CheckPasswordAsync(user, password));

    /// <inheritdoc/>
    public override Task<IdentityResult> AccessFailedAsync(TUser user) =>
        AsAsync(UserIntent.CountFailure, user, () => base.AccessFailedAsync(user));

    /// <inheritdoc/>
    public override Task<IdentityResult> ResetAccessFailedCountAsync(TUser user) =>
        AsAsync(UserIntent.CountFailure, user, () => base.ResetAccessFailedCountAsync(user));

    /// <inheritdoc/>
    public override Task<IdentityResult> ResetPasswordAsync(TUser user, string token, string newPassword) =>
        AsAsync(UserIntent.ResetPassword, user, () => base.ResetPasswordAsync(user, token, newPassword));

    /// <inheritdoc/>
    public override Task<IdentityResult> SetLockoutEndDateAsync(TUser user, DateTimeOffset? lockoutEnd) =>
        AsAsync(UserIntent.SetLockout, user, () => base.SetLockoutEndDateAsync(user, lockoutEnd));

    /// <inheritdoc/>
    public override Task<IdentityResult> RemovePasskeyAsync(TUser user, byte[] credentialId) =>
        EndAroundAsync(user, "passkey removed", () => base.RemovePasskeyAsync(user, credentialId));

    /// <inheritdoc/>
    public override Task<IdentityResult> RemoveLoginAsync(TUser user, string loginProvider, string providerKey) => Context is null
        ? base.RemoveLoginAsync(user, loginProvider, providerKey)
        : EndAroundAsync(user, "external login removed", () => base.RemoveLoginAsync(user, loginProvider, providerKey));

    /// <inheritdoc/>
    public override Task<IdentityResult> ResetAuthenticatorKeyAsync(TUser user) => Context is null
        ? base.ResetAuthenticatorKeyAsync(user)
        : EndAroundAsync(user, "authenticator reset", () => base.ResetAuthenticatorKeyAsync(user));

    /// <inheritdoc/>
    public override Task<IdentityResult> AddToRoleAsync(TUser user, string role) =>
        RenewAroundAsync(user, "role added", () => base.AddToRoleAsync(user, role));

    /// <inheritdoc/>
    public override Task<IdentityResult> AddToRolesAsync(TUser user, IEnumerable<string> roles) =>
        RenewAroundAsync(user, "role added", () => base.AddToRolesAsync(user, roles));

    /// <inheritdoc/>
    public override Task<IdentityResult> RemoveFromRoleAsync(TUser user, string role) =>
        RenewAroundAsync(user, "role removed", () => base.RemoveFromRoleAsync(user, role));

    /// <inheritdoc/>
    public override Task<IdentityResult> RemoveFromRolesAsync(TUser user, IEnumerable<string> roles) =>
        RenewAroundAsync(user, "role removed", () => base.RemoveFromRolesAsync(user, roles));

    /// <inheritdoc/>
    public override Task<IdentityResult> AddClaimsAsync(TUser user, IEnumerable<Claim> claims) =>
        RenewAroundAsync(user, "claim added", () => base.AddClaimsAsync(user, claims));

    /// <inheritdoc/>
    public override Task<IdentityResult> ReplaceClaimAsync(TUser user, Claim claim, Claim newClaim) =>
        RenewAroundAsync(user, "claim replaced", () => base.ReplaceClaimAsync(user, claim, newClaim));

    /// <inheritdoc/>
    public override Task<IdentityResult> RemoveClaimsAsync(TUser user, IEnumerable<Claim> claims) =>
        RenewAroundAsync(user, "claim removed", () => base.RemoveClaimsAsync(user, claims));

    /// <summary>What decides about the user's sessions, as the object has it now.</summary>
    internal async Task<UserState> StateAsync(TUser user)
    {
        var none = CancellationToken.None;
        var name = await Store.GetUserNameAsync(user, none).ConfigureAwait(false);
        return new(
            Prefix + (_options.Subject is UserSubject.UserName
                ? name ?? ""
                : await Store.GetUserIdAsync(user, none).ConfigureAwait(false)),
            name,
            Store is IUserPasswordStore<TUser> hashes
                ? await hashes.GetPasswordHashAsync(user, none).ConfigureAwait(false)
                : null,
            Store is IUserSecurityStampStore<TUser> stamps
                ? await stamps.GetSecurityStampAsync(user, none).ConfigureAwait(false)
                : null,
            Store is IUserEmailStore<TUser> emails ? await emails.GetEmailAsync(user, none).ConfigureAwait(false) : null,
            Store is IUserPhoneNumberStore<TUser> phones
                ? await phones.GetPhoneNumberAsync(user, none).ConfigureAwait(false)
                : null,
            Store is IUserTwoFactorStore<TUser> factors
                && await factors.GetTwoFactorEnabledAsync(user, none).ConfigureAwait(false),
            Store is IUserLockoutStore<TUser> lockouts && await lockouts.GetLockoutEnabledAsync(user, none).ConfigureAwait(false)
                ? await lockouts.GetLockoutEndDateAsync(user, none).ConfigureAwait(false)
                : null);
    }

    /// <summary>The user whose sessions have this subject.</summary>
    internal async Task<TUser?> FindBySubjectAsync(string subject)
    {
        var finding = !subject.StartsWith(Prefix, StringComparison.Ordinal) ? Task.FromResult<TUser?>(null)
            : _options.Subject is UserSubject.UserName ? FindByNameAsync(subject[Prefix.Length..])
            : FindByIdAsync(subject[Prefix.Length..]);

        // Names are found in any case; a session is of the very subject that it was started with.
        return await finding.ConfigureAwait(false) is { } user
            && (await StateAsync(user).ConfigureAwait(false)).Subject == subject
            ? user
            : null;
    }

    /// <summary>
    /// Where every change of a user is written, whichever method asked for it: compared with what the store has.
    /// </summary>
    protected override async Task<IdentityResult> UpdateUserAsync(TUser user)
    {
        var after = await StateAsync(user).ConfigureAwait(false);
        var (intent, called) = _call ?? new(UserIntent.Change, after);
        var stored = await StoredAsync(user).ConfigureAwait(false);
        var change = UserChange.Both(Between(stored, called, UserIntent.Change), Between(called, after, intent));

        // What would not be written is not revoked: a name that is taken logs nobody out. A commit comes after that anyway.
        return change is not null && Context is null
            && await ValidateUserAsync(user).ConfigureAwait(false) is { Succeeded: false } invalid
            ? invalid
            : await AroundAsync(user, after, change is null ? null : PlanOf(change), () => base.UpdateUserAsync(user))
                .ConfigureAwait(false);
    }

    async Task<object> IStateComparer.StateAsync(object entity) => await StateAsync((TUser)entity).ConfigureAwait(false);

    RevocationPlan? IStateComparer.Between(object before, object after) =>
        Between((UserState)before, (UserState)after, UserIntent.Change) is { } change ? PlanOf(change) : null;

    async Task<DateTimeOffset?> IUserLockouts.LockedUntilAsync(string subject) =>
        await FindBySubjectAsync(subject).ConfigureAwait(false) is { } user
            ? (await StateAsync(user).ConfigureAwait(false)).LockedUntil
            : null;

    RevocationPlan? IStateComparer.Deletion(object before) => DeletionOf((UserState)before);

    Task<RevocationPlan?> IStateComparer.CreationAsync(object entity) => CreationAsync((TUser)entity);

    async Task<RevocationPlan?> IStateComparer.LinkedAsync(DbContext context, object id, LinkedRow row) =>
        await StoreContext.StoredAsync<TUser>(context, id).ConfigureAwait(false) is { } user
            ? PlanOf((await StateAsync(user).ConfigureAwait(false)).Subject, row.Reason, row.Ends)
            : null;

    // Somebody without a name, where that is the subject, has no sessions.
    private RevocationPlan? DeletionOf(UserState state) =>
        state.Subject.Length == 0 ? null : RevocationPlan.Deletion(state.Subject, _time.GetUtcNow());

    private UserChange? Between(UserState? before, UserState after, UserIntent intent) =>
        UserChange.Between(before, after, intent, _options.BlockAfterFailedLogins, _time.GetUtcNow());

    private async Task<RevocationPlan?> CreationAsync(TUser user) =>
        (await StateAsync(user).ConfigureAwait(false)).Subject is { Length: > 0 } subject
            ? await _revocations.CreationAsync(subject).ConfigureAwait(false)
            : null;

    private RevocationPlan? PlanOf(string subject, string reason, bool ends) => subject.Length == 0 ? null
        : ends ? PlanOf(new(subject) { Ends = reason, SparesPresent = true })
        : RevocationPlan.Renewal([Match.Subject(subject)], reason);

    private RevocationPlan PlanOf(UserChange change) => RevocationPlan.Of(change, _present.Of(change.Subject));

    // Never from the object: whoever has it may have changed it. A store that hands out the object that it keeps cannot tell.
    private async Task<UserState?> StoredAsync(TUser user)
    {
        if (Context is { } context && StoreContext.Maps(context, user))
        {
            return await StoreContext.StoredAsync(context, user).ConfigureAwait(false) is TUser row
                ? await StateAsync(row).ConfigureAwait(false)
                : null;
        }

        var scope = _scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var store = scope.ServiceProvider.GetRequiredService<IUserStore<TUser>>();
            var id = await Store.GetUserIdAsync(user, CancellationToken.None).ConfigureAwait(false);
            return await store.FindByIdAsync(id, CancellationToken.None).ConfigureAwait(false) is { } stored
                && !ReferenceEquals(stored, user)
                ? await StateAsync(stored).ConfigureAwait(false)
                : null;
        }
    }

    // What a method changes by itself is told from what the application had changed before it called.
    private async Task<T> AsAsync<T>(UserIntent intent, TUser user, Func<Task<T>> act)
    {
        ArgumentNullException.ThrowIfNull(user);
        _call = new(intent, await StateAsync(user).ConfigureAwait(false));
        try
        {
            return await act().ConfigureAwait(false);
        }
        finally
        {
            _call = null;
        }
    }

    // A login by another way fewer. Identity may leave the stamp as it was, or the row to a later save if the user
    // itself is refused.
    private Task<IdentityResult> EndAroundAsync(TUser user, string reason, Func<Task<IdentityResult>> write) =>
        LinkAroundAsync(user, reason, ends: true, write);

    private Task<IdentityResult> RenewAroundAsync(TUser user, string reason, Func<Task<IdentityResult>> write) =>
        LinkAroundAsync(user, reason, ends: false, write);

    private async Task<IdentityResult> LinkAroundAsync(TUser user, string reason, bool ends, Func<Task<IdentityResult>> write)
    {
        ArgumentNullException.ThrowIfNull(user);
        var state = await StoredAsync(user).ConfigureAwait(false) ?? await StateAsync(user).ConfigureAwait(false);
        return await AroundAsync(user, null, PlanOf(state.Subject, reason, ends), write).ConfigureAwait(false);
    }

    private Task<IdentityResult> AroundAsync(TUser user, object? state, RevocationPlan? plan, Func<Task<IdentityResult>> write) =>
        Context is { } context
            ? _commits.AroundAsync(context, StoreContext.SavesLater(Store), new(user, Comparer, state, plan), write)
        : plan is null ? write()
        : _revocations.AroundAsync(plan, write);

    private sealed record Call(UserIntent Intent, UserState State);
}
