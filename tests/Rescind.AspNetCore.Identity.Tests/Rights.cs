using System.Buffers.Text;
using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>Roles and claims: old tokens are renewed, new ones say what is so now, and nobody is logged out.</summary>
public sealed class Rights
{
    private static readonly Dictionary<string, Func<IServiceProvider, Task<IdentityResult>>> Renewing = new()
    {
        ["roles added"] = Users((users, alice) => users.AddToRolesAsync(alice, ["clerk"])),
        ["role removed"] = Users((users, alice) => users.RemoveFromRoleAsync(alice, "admin")),
        ["roles removed"] = Users((users, alice) => users.RemoveFromRolesAsync(alice, ["admin"])),
        ["claim added"] = Users((users, alice) => users.AddClaimAsync(alice, new("desk", "8"))),
        ["claim replaced"] = Users((users, alice) => users.ReplaceClaimAsync(alice, new("desk", "7"), new("desk", "8"))),
        ["claim removed"] = Users((users, alice) => users.RemoveClaimAsync(alice, new("desk", "7"))),
        ["claim of a role added"] = Roles((roles, admin) => roles.AddClaimAsync(admin, new("may", "refund"))),
        ["claim of a role removed"] = Roles((roles, admin) => roles.RemoveClaimAsync(admin, new("may", "open"))),
        ["role renamed"] = Roles(async (roles, admin) =>
        {
            await roles.SetRoleNameAsync(admin, "chief");
            return await roles.UpdateAsync(admin);
        }),
        ["role deleted"] = Roles((roles, admin) => roles.DeleteAsync(admin)),
    };

    public static TheoryData<string> RenewingNames => [.. Renewing.Keys];

    [Theory]
    [MemberData(nameof(RenewingNames))]
    public async Task A_change_of_rights_renews_the_tokens_and_logs_nobody_out(string change)
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();
        var before = RightsOf(session.AccessToken);

        (await shop.InScopeAsync(Renewing[change])).Succeeded.ShouldBeTrue();

        await shop.RefusesAsync(session);
        var (status, body) = await shop.RefreshAsync(session);
        status.ShouldBe(200);
        RightsOf((string)body["access_token"]!).ShouldNotBe(before);
    }

    [Fact]
    public async Task Tokens_carry_the_roles_and_the_allowed_claims_of_the_user_and_no_others()
    {
        await using var shop = await OpenAsync();
        await shop.ChangeAsync((users, alice) => users.AddClaimAsync(alice, new("salary", "1000")));

        RightsOf((await shop.LoginAsync()).AccessToken).ShouldBe("""role "admin" desk "7" may "open" salary """);
    }

    [Fact]
    public async Task A_role_that_others_have_is_none_of_the_rest()
    {
        await using var shop = await OpenAsync();
        await shop.RegisterAsync("bob");
        var (alice, bob) = (await shop.LoginAsync(), await shop.LoginAsync("bob"));

        (await shop.InScopeAsync(Renewing["claim of a role added"])).Succeeded.ShouldBeTrue();

        await shop.RefusesAsync(alice);
        (await shop.GetAsync("/orders", bob)).ShouldBe(System.Net.HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_user_store_that_is_away_gives_no_token_with_old_rights_and_loses_no_session()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();
        await shop.InScopeAsync(scope => RenameAsync(scope, "AspNetUsers", "Away"));

        var (status, body) = await shop.RefreshAsync(session);
        status.ShouldBe(503);
        ((string?)body["code"]).ShouldBe("RSC1908");

        await shop.InScopeAsync(scope => RenameAsync(scope, "Away", "AspNetUsers"));
        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_user_with_more_claims_than_a_token_can_carry_is_told_so_and_is_back_when_they_fit_again()
    {
        await using var shop = await OpenAsync();
        var session = await shop.LoginAsync();
        Claim[] many = [.. Enumerable.Range(0, 12).Select(n => new Claim("desk", $"{n}{new string('d', 900)}"))];
        await shop.ChangeAsync((users, alice) => users.AddClaimsAsync(alice, many));

        var (status, body) = await shop.RefreshAsync(session);
        (status, (string?)body["error"], (string?)body["code"]).ShouldBe((400, "server_error", "RSC1325"));
        (await Should.ThrowAsync<SessionRefusedException>(shop.LoginAsync())).Code.ShouldBe("RSC1302");

        await shop.ChangeAsync((users, alice) => users.RemoveClaimsAsync(alice, many));
        (await shop.CanRefreshAsync(session)).ShouldBeTrue();
        await shop.LoginAsync();
    }

    private static async Task<Shop> OpenAsync()
    {
        var shop = await Shop.OpenAsync(revoke =>
        {
            revoke.Claims.Add("desk");
            revoke.Claims.Add("may");
        });
        await shop.RegisterAsync();
        await shop.InScopeAsync(async scope =>
        {
            var roles = scope.GetRequiredService<RoleManager<IdentityRole>>();
            await roles.CreateAsync(new("clerk"));
            await roles.CreateAsync(new("admin"));
            return await roles.AddClaimAsync((await roles.FindByNameAsync("admin"))!, new("may", "open"));
        });
        await shop.ChangeAsync((users, alice) => users.AddToRoleAsync(alice, "admin"));
        await shop.ChangeAsync((users, alice) => users.AddClaimAsync(alice, new("desk", "7")));
        return shop;
    }

    private static Func<IServiceProvider, Task<IdentityResult>> Users(
        Func<UserManager<ShopUser>, ShopUser, Task<IdentityResult>> change) =>
        async scope =>
        {
            var users = scope.GetRequiredService<UserManager<ShopUser>>();
            return await change(users, (await users.FindByNameAsync("alice"))!);
        };

    private static Func<IServiceProvider, Task<IdentityResult>> Roles(
        Func<RoleManager<IdentityRole>, IdentityRole, Task<IdentityResult>> change) =>
        async scope =>
        {
            var roles = scope.GetRequiredService<RoleManager<IdentityRole>>();
            return await change(roles, (await roles.FindByNameAsync("admin"))!);
        };

    private static async Task<int> RenameAsync(IServiceProvider scope, string from, string to)
    {
        await using var link = new SqliteConnection(scope.GetRequiredService<ShopDb>().Database.GetConnectionString());
        await link.OpenAsync();
        await using var command = link.CreateCommand();
        command.CommandText = $"alter table {from} rename to {to}";
        return await command.ExecuteNonQueryAsync();
    }

    private static string RightsOf(string token)
    {
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!;
        return string.Join(
            ' ', ((string[])["role", "desk", "may", "salary"]).Select(name => $"{name} {claims[name]?.ToJsonString()}"));
    }
}
