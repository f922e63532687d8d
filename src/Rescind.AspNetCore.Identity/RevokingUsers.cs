using System.Runtime.CompilerServices;
using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.AspNetCore.Identity.Revoking;

namespace Rescind.AspNetCore.Identity;

/// <summary>
/// The <see cref="UserManager{TUser}"/> that revokes. Whatever it is asked to write is compared with what was read, and the difference is revoked
/// around the write; <see cref="RevocationNotRecordedException"/> if that cannot be promised. A user that it did not read itself (a query of
/// <see cref="UserManager{TUser}.Users"/>) counts as changed. A <c>UserManager</c> of your own derives from it; the constructor is the same.
/// Like every <c>UserManager</c>, not for concurrent use.
/// </summary>
/// <typeparam name="TUser">The application's user.</typeparam>
public class RevokingUsers<TUser> : UserManager<TUser>
    where TUser : class
{
    private readonly ConditionalWeakTable<TUser, UserState> _seen = [];
    private readonly UserRevocations _revocations;
    private readonly IdentityRevocationOptions _options;
    private readonly TimeProvider _time;
    private UserIntent _intent;

    private string Prefix => _options.SubjectPrefix ?? "";

    /// <summary>As <see cref="UserManager{TUser}"/>; our own parts come from <paramref name="services"/>: subclasses need not name them.</summary>
    public RevokingUsers(
        IUserStore<TUser> store,
        IOptions<IdentityOptions> optionsAccessor,
        IPasswordHasher<TUser> passwordHasher,
        IEnumerable<IUserValidator<TUser>> userValidators,
        IEnumerable<IPasswordValidator<TUser>> passwordValidators,
        ILookupNormalizer keyNormalizer,
        IdentityErrorDescriber errors,
        IServiceProvider services,
        ILogger<UserManager<TUser>> logger)
        : base(store, optionsAccessor, passwordHasher, userValidators, passwordValidators, keyNormalizer, errors, services, logger)
    {
        _revocations = services.GetRequiredService<UserRevocations>();
        _options = services.GetRequiredService<UserKinds>().Of<TUser>();
        _time = services.GetRequiredService<TimeProvider>();
    }

    /// <inheritdoc/>
    public override async Task<TUser?> FindByIdAsync(string userId) => await SeeAsync(await base.FindByIdAsync(userId).ConfigureAwait(false))
        .ConfigureAwait(false);

    /// <summary>
    /// The user's id in <paramref name="principal"/>; without <see cref="IdentityRevocationOptions.SubjectPrefix"/>, if it has that.
    /// </summary>
    public override string? GetUserId(ClaimsPrincipal principal) =>
        base.GetUserId(principal) is { } id && Prefix.Length > 0 && id.StartsWith(Prefix, StringComparison.Ordinal)
            ? id[Prefix.Length..]
            : base.GetUserId(principal);

    /// <inheritdoc/>
    public override async Task<TUser?> FindByNameAsync(string userName) =>
        await SeeAsync(await base.FindByNameAsync(userName).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<TUser?> FindByEmailAsync(string email) =>
        await SeeAsync(await base.FindByEmailAsync(email).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<TUser?> FindByLoginAsync(string loginProvider, string providerKey) =>
        await SeeAsync(await base.FindByLoginAsync(loginProvider, providerKey).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<TUser?> FindByPasskeyIdAsync(byte[] credentialId) =>
        await SeeAsync(await base.FindByPasskeyIdAsync(credentialId).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<IList<TUser>> GetUsersInRoleAsync(string roleName) =>
        await SeeAsync(await base.GetUsersInRoleAsync(roleName).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<IList<TUser>> GetUsersForClaimAsync(Claim claim) =>
        await SeeAsync(await base.GetUsersForClaimAsync(claim).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<IdentityResult> CreateAsync(TUser user)
    {
        var result = await base.CreateAsync(user).ConfigureAwait(false);
        await SeeAsync(user).ConfigureAwait(false);
        return result;
    }

    /// <inheritdoc/>
    public override async Task<IdentityResult> DeleteAsync(TUser user)
    {
        var state = _seen.TryGetValue(user, out var seen) ? seen : await StateAsync(user).ConfigureAwait(false);
        return await _revocations.DeleteAsync(state.Subject, () => base.DeleteAsync(user)).ConfigureAwait(false);
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
    public override async Task<IdentityResult> RemovePasskeyAsync(TUser user, byte[] credentialId)
    {
        // A login by another way fewer, and Identity leaves the stamp as it was.
        var change = new UserChange((await StateAsync(user).ConfigureAwait(false)).Subject) { Ends = "passkey removed", SparesPresent = true };
        return await _revocations.AroundAsync(change, () => base.RemovePasskeyAsync(user, credentialId)).ConfigureAwait(false);
    }

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
            Prefix + (_options.Subject is UserSubject.UserName ? name ?? "" : await Store.GetUserIdAsync(user, none).ConfigureAwait(false)),
            name,
            Store is IUserPasswordStore<TUser> hashes ? await hashes.GetPasswordHashAsync(user, none).ConfigureAwait(false) : null,
            Store is IUserSecurityStampStore<TUser> stamps ? await stamps.GetSecurityStampAsync(user, none).ConfigureAwait(false) : null,
            Store is IUserTwoFactorStore<TUser> factors && await factors.GetTwoFactorEnabledAsync(user, none).ConfigureAwait(false),
            Store is IUserLockoutStore<TUser> lockouts && await lockouts.GetLockoutEnabledAsync(user, none).ConfigureAwait(false)
                ? await lockouts.GetLockoutEndDateAsync(user, none).ConfigureAwait(false)
                : null);
    }

    /// <summary>The user whose sessions have this subject.</summary>
    internal Task<TUser?> FindBySubjectAsync(string subject) =>
        !subject.StartsWith(Prefix, StringComparison.Ordinal) ? Task.FromResult<TUser?>(null)
        : _options.Subject is UserSubject.UserName ? FindByNameAsync(subject[Prefix.Length..])
        : FindByIdAsync(subject[Prefix.Length..]);

    /// <summary>Where every change of a user is written, whichever method asked for it.</summary>
    protected override async Task<IdentityResult> UpdateUserAsync(TUser user)
    {
        var before = _seen.TryGetValue(user, out var seen) ? seen : null;
        var after = await StateAsync(user).ConfigureAwait(false);
        if (UserChange.Between(before, after, _intent, _options.BlockAfterFailedLogins, _time.GetUtcNow()) is not { } change)
        {
            return Remember(user, after, await base.UpdateUserAsync(user).ConfigureAwait(false));
        }

        // What would not be written is not revoked: a name that is taken logs nobody out.
        var valid = await ValidateUserAsync(user).ConfigureAwait(false);
        return valid.Succeeded
            ? Remember(user, after, await _revocations.AroundAsync(change, () => base.UpdateUserAsync(user)).ConfigureAwait(false))
            : valid;
    }

    private IdentityResult Remember(TUser user, UserState state, IdentityResult result)
    {
        if (result.Succeeded)
        {
            _seen.AddOrUpdate(user, state);
        }

        return result;
    }

    // The first sight counts: a user that is found again may have been changed in between, and not written.
    private async Task<TUser?> SeeAsync(TUser? user)
    {
        if (user is not null && !_seen.TryGetValue(user, out _))
        {
            _seen.Add(user, await StateAsync(user).ConfigureAwait(false));
        }

        return user;
    }

    private async Task<IList<TUser>> SeeAsync(IList<TUser> users)
    {
        foreach (var user in users)
        {
            await SeeAsync(user).ConfigureAwait(false);
        }

        return users;
    }

    // These say themselves what they change, so that it does not matter who read the user.
    private async Task<T> AsAsync<T>(UserIntent intent, TUser user, Func<Task<T>> act)
    {
        await SeeAsync(user).ConfigureAwait(false);
        _intent = intent;
        try
        {
            return await act().ConfigureAwait(false);
        }
        finally
        {
            _intent = UserIntent.Change;
        }
    }

    private async Task<IdentityResult> RenewAroundAsync(TUser user, string reason, Func<Task<IdentityResult>> write)
    {
        await SeeAsync(user).ConfigureAwait(false);
        var state = await StateAsync(user).ConfigureAwait(false);
        return await _revocations.RenewAroundAsync([Match.Subject(state.Subject)], reason, write).ConfigureAwait(false);
    }
}
