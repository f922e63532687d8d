using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>Nothing is skipped in silence: a change whose revocation is not certain reports no success.</summary>
public sealed class Unrecorded
{
    [Fact]
    public async Task A_change_whose_revocation_cannot_be_recorded_is_not_written()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        shop.Revocations.FailAt(1);

        var failure = await Should.ThrowAsync<RevocationNotRecordedException>(ChangePasswordAsync(shop));

        failure.ChangeWritten.ShouldBeFalse();
        (await IsPasswordAsync(shop, Shop.Password)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_change_that_nobody_can_close_behind_reports_no_success_and_leaves_nothing_old_alive()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        var session = await shop.LoginAsync();
        shop.Revocations.FailAt(2);

        var failure = await Should.ThrowAsync<RevocationNotRecordedException>(ChangePasswordAsync(shop));

        failure.ChangeWritten.ShouldBeTrue();
        (await shop.CanRefreshAsync(session)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_deletion_whose_block_or_end_cannot_be_recorded_deletes_nobody(int act)
    {
        await using var shop = await Shop.OpenAsync();
        var id = await shop.RegisterAsync();
        shop.Revocations.FailAt(act);

        await Should.ThrowAsync<RevocationNotRecordedException>(shop.ChangeAsync((users, alice) => users.DeleteAsync(alice)));

        (await shop.InScopeAsync(scope => scope.GetRequiredService<UserManager<ShopUser>>().FindByIdAsync(id))).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_claim_whose_renewal_cannot_be_recorded_is_not_added()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        shop.Revocations.FailAt(1);

        await Should.ThrowAsync<RevocationNotRecordedException>(
            shop.ChangeAsync((users, alice) => users.AddClaimAsync(alice, new("desk", "7"))));

        (await shop.InScopeAsync(async scope =>
        {
            var users = scope.GetRequiredService<UserManager<ShopUser>>();
            return await users.GetClaimsAsync((await users.FindByNameAsync("alice"))!);
        })).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_login_between_the_first_revocation_and_the_write_is_ended_by_the_second()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        StartedSession? between = null;
        shop.Revocations.After(1, async () => between = await shop.LoginAsync());

        await ChangePasswordAsync(shop);

        (await shop.CanRefreshAsync(between!)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_token_from_between_the_first_renewal_and_the_write_is_renewed_by_the_second()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.RegisterAsync();
        StartedSession? between = null;
        shop.Revocations.After(1, async () => between = await shop.LoginAsync());

        await shop.ChangeAsync((users, alice) => users.AddClaimAsync(alice, new("desk", "7")));

        await shop.RefusesAsync(between!);
        (await shop.CanRefreshAsync(between!)).ShouldBeTrue();
    }

    private static Task ChangePasswordAsync(Shop shop) =>
        shop.ChangeAsync((users, alice) => users.ChangePasswordAsync(alice, Shop.Password, "Another-horse-2"));

    private static Task<bool> IsPasswordAsync(Shop shop, string password) => shop.InScopeAsync(async scope =>
    {
        var users = scope.GetRequiredService<UserManager<ShopUser>>();
        return await users.CheckPasswordAsync((await users.FindByNameAsync("alice"))!, password);
    });
}
