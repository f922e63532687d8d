using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.AspNetCore.Identity.Tests.Support;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>What would be skipped in silence stops the host instead.</summary>
public sealed class StartRefusals
{
    [Fact]
    public async Task A_UserManager_that_does_not_revoke_stops_the_host()
    {
        var refused = await Should.ThrowAsync<OptionsValidationException>(
            Shop.OpenAsync(services: all => all.AddScoped<UserManager<ShopUser>, StrangeUsers>()));

        refused.Message.ShouldStartWith("RSC6002 ");
    }

    [Fact]
    public async Task A_RoleManager_that_does_not_revoke_stops_the_host()
    {
        var refused = await Should.ThrowAsync<OptionsValidationException>(
            Shop.OpenAsync(services: all => all.AddScoped<RoleManager<IdentityRole>>()));

        refused.Message.ShouldStartWith("RSC6002 ");
    }

    [Fact]
    public async Task A_UserManager_of_the_application_that_derives_from_ours_is_taken()
    {
        await using var shop = await Shop.OpenAsync(services: all => all.AddScoped<UserManager<ShopUser>, OwnUsers>());
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();

        await shop.ChangeAsync((users, alice) => ((OwnUsers)users).UpdateSecurityStampAsync(alice));

        await shop.RefusesAsync(session);
    }

    [Fact]
    public async Task An_option_that_does_not_hold_stops_the_host()
    {
        var refused = await Should.ThrowAsync<OptionsValidationException>(Shop.OpenAsync(revoke => revoke.RoleClaim = ""));

        refused.Message.ShouldStartWith("RSC6001 ");
    }

    private sealed class StrangeUsers(
        IUserStore<ShopUser> store, IOptions<IdentityOptions> options, IPasswordHasher<ShopUser> hasher,
        IServiceProvider services,
        ILogger<UserManager<ShopUser>> logger)
        : UserManager<ShopUser>(store, options, hasher, [], [], new UpperInvariantLookupNormalizer(), new(), services, logger);

    private sealed class OwnUsers(
        IUserStore<ShopUser> store, IOptions<IdentityOptions> options, IPasswordHasher<ShopUser> hasher,
        IServiceProvider services,
        ILogger<UserManager<ShopUser>> logger)
        : RevokingUserManager<ShopUser>(
            store, options, hasher, [], [], new UpperInvariantLookupNormalizer(), new(), services, logger);
}
