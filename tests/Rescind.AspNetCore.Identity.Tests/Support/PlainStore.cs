using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;

namespace Rescind.AspNetCore.Identity.Tests.Support;

/// <summary>A user store without EF Core, which writes at once and gives each caller an object of its own.</summary>
internal sealed class PlainStore : IUserPasswordStore<ShopUser>, IUserSecurityStampStore<ShopUser>, IUserLockoutStore<ShopUser>
{
    private readonly ConcurrentDictionary<string, string> _rows = [];

    public Task<IdentityResult> CreateAsync(ShopUser user, CancellationToken cancellationToken) => WriteAsync(user);

    public Task<IdentityResult> UpdateAsync(ShopUser user, CancellationToken cancellationToken) =>
        Read(user.Id)?.ConcurrencyStamp == user.ConcurrencyStamp
            ? WriteAsync(user)
            : Task.FromResult(IdentityResult.Failed(new IdentityErrorDescriber().ConcurrencyFailure()));

    public Task<IdentityResult> DeleteAsync(ShopUser user, CancellationToken cancellationToken) =>
        Task.FromResult(_rows.TryRemove(user.Id, out _) ? IdentityResult.Success : IdentityResult.Failed());

    public Task<ShopUser?> FindByIdAsync(string userId, CancellationToken cancellationToken) => Task.FromResult(Read(userId));

    public Task<ShopUser?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
        Task.FromResult(_rows.Keys.Select(Read).FirstOrDefault(user => user!.NormalizedUserName == normalizedUserName));

    public Task<string> GetUserIdAsync(ShopUser user, CancellationToken cancellationToken) => Task.FromResult(user.Id);

    public Task<string?> GetUserNameAsync(ShopUser user, CancellationToken cancellationToken) => Task.FromResult(user.UserName);

    public Task<string?> GetNormalizedUserNameAsync(ShopUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.NormalizedUserName);

    public Task<string?> GetPasswordHashAsync(ShopUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.PasswordHash);

    public Task<bool> HasPasswordAsync(ShopUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.PasswordHash is not null);

    public Task<string?> GetSecurityStampAsync(ShopUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.SecurityStamp);

    public Task<DateTimeOffset?> GetLockoutEndDateAsync(ShopUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.LockoutEnd);

    public Task<int> GetAccessFailedCountAsync(ShopUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.AccessFailedCount);

    public Task<bool> GetLockoutEnabledAsync(ShopUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.LockoutEnabled);

    public Task SetUserNameAsync(ShopUser user, string? userName, CancellationToken cancellationToken) =>
        Do(() => user.UserName = userName);

    public Task SetNormalizedUserNameAsync(ShopUser user, string? normalizedName, CancellationToken cancellationToken) =>
        Do(() => user.NormalizedUserName = normalizedName);

    public Task SetPasswordHashAsync(ShopUser user, string? passwordHash, CancellationToken cancellationToken) =>
        Do(() => user.PasswordHash = passwordHash);

    public Task SetSecurityStampAsync(ShopUser user, string stamp, CancellationToken cancellationToken) =>
        Do(() => user.SecurityStamp = stamp);

    public Task SetLockoutEndDateAsync(ShopUser user, DateTimeOffset? lockoutEnd, CancellationToken cancellationToken) =>
        Do(() => user.LockoutEnd = lockoutEnd);

    public Task<int> IncrementAccessFailedCountAsync(ShopUser user, CancellationToken cancellationToken) =>
        Task.FromResult(++user.AccessFailedCount);

    public Task ResetAccessFailedCountAsync(ShopUser user, CancellationToken cancellationToken) =>
        Do(() => user.AccessFailedCount = 0);

    public Task SetLockoutEnabledAsync(ShopUser user, bool enabled, CancellationToken cancellationToken) =>
        Do(() => user.LockoutEnabled = enabled);

    public void Dispose()
    {
    }

    private ShopUser? Read(string id) => _rows.TryGetValue(id, out var row) ? JsonSerializer.Deserialize<ShopUser>(row) : null;

    private Task<IdentityResult> WriteAsync(ShopUser user)
    {
        user.ConcurrencyStamp = Guid.NewGuid().ToString();
        _rows[user.Id] = JsonSerializer.Serialize(user);
        return Task.FromResult(IdentityResult.Success);
    }

    private static Task Do(Action set)
    {
        set();
        return Task.CompletedTask;
    }
}
