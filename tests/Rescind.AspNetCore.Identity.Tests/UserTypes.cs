using System.Buffers.Text;
using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>Two types of users in one application, with the same ids: nothing of one reaches the other.</summary>
public sealed class UserTypes
{
    [Fact]
    public async Task Users_of_both_types_log_in_with_their_own_subject_and_roles()
    {
        await using var two = await OpenAsync();
        var (customer, employee) = (await two.LoginAsync<Customer>(), await two.LoginAsync<Employee>());

        (customer.Subject, employee.Subject).ShouldBe(("customer:1", "employee:1"));
        ClaimsOf(customer.AccessToken).ShouldBe("customer:1 buyer");
        ClaimsOf(employee.AccessToken).ShouldBe("employee:1 clerk");
        ClaimsOf((await two.RefreshAsync(customer)).AccessToken).ShouldBe("customer:1 buyer");
        ClaimsOf((await two.RefreshAsync(employee)).AccessToken).ShouldBe("employee:1 clerk");
    }

    [Fact]
    public async Task A_changed_password_of_one_is_nothing_to_the_other_with_the_same_id()
    {
        await using var two = await OpenAsync();
        var (customer, employee) = (await two.LoginAsync<Customer>(), await two.LoginAsync<Employee>());

        await two.ChangeAsync<Customer>(async users =>
            await users.ChangePasswordAsync((await users.FindByIdAsync("1"))!, Shop.Password, "Another-horse-2"));

        (await two.RefreshAsync(customer)).Status.ShouldBe(400);
        (await two.RefreshAsync(employee)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_lockout_of_one_blocks_no_login_of_the_other()
    {
        await using var two = await OpenAsync();

        await two.ChangeAsync<Employee>(async users =>
            await users.SetLockoutEndDateAsync((await users.FindByIdAsync("1"))!, DateTimeOffset.UtcNow.AddDays(1)));

        (await two.RefreshAsync(await two.LoginAsync<Customer>())).Status.ShouldBe(200);
        await Should.ThrowAsync<Exception>(two.LoginAsync<Employee>());
    }

    [Fact]
    public async Task Each_type_has_its_own_settings()
    {
        await using var two = await OpenAsync(
            static o => (o.SubjectPrefix, o.SingleSession) = ("customer:", SingleSession.NewestWins),
            static o => (o.SubjectPrefix, o.RoleClaim) = ("employee:", "position"));
        var (customer, employee) = (await two.LoginAsync<Customer>(), await two.LoginAsync<Employee>());
        await two.LoginAsync<Customer>();
        await two.LoginAsync<Employee>();

        (await two.RefreshAsync(customer)).Status.ShouldBe(400);
        (await two.RefreshAsync(employee)).Status.ShouldBe(200);
        Payload(employee.AccessToken)["position"]!.GetValue<string>().ShouldBe("clerk");
    }

    [Fact]
    public async Task A_change_of_a_role_renews_by_the_claim_of_its_own_users()
    {
        await using var two = await OpenAsync(employees: static o => (o.SubjectPrefix, o.RoleClaim) = ("employee:", "position"));
        var employee = await two.LoginAsync<Employee>();

        (await two.InScopeAsync(async scope =>
        {
            var roles = scope.GetRequiredService<RoleManager<EmployeeRole>>();
            var clerk = (await roles.FindByNameAsync("clerk"))!;
            clerk.Name = "chief";
            return await roles.UpdateAsync(clerk);
        })).Succeeded.ShouldBeTrue();

        Payload((await two.RefreshAsync(employee)).AccessToken)["position"]!.GetValue<string>().ShouldBe("chief");
        (await two.InScopeAsync(static scope => scope.GetRequiredService<Authority.Revocations.IRevocations>()
            .ListAsync(Match.Tag("position", "clerk")))).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_deleted_user_of_one_type_does_not_become_one_of_the_other()
    {
        await using var two = await OpenAsync();
        var customer = await two.LoginAsync<Customer>();

        await two.ChangeAsync<Customer>(async users => await users.DeleteAsync((await users.FindByIdAsync("1"))!));

        (await two.RefreshAsync(customer)).Status.ShouldBe(400);
    }

    [Fact]
    public async Task The_id_of_a_user_is_found_in_the_principal_of_a_token()
    {
        await using var two = await OpenAsync(services: static all =>
            all.Configure<IdentityOptions>(static identity => identity.ClaimsIdentity.UserIdClaimType = "sub"));
        var caller = new ClaimsPrincipal(new ClaimsIdentity([new("sub", "customer:1")], "Bearer"));

        var found = await two.InScopeAsync(scope => scope.GetRequiredService<UserManager<Customer>>().GetUserAsync(caller));

        found!.UserName.ShouldBe("carol");
    }

    [Fact]
    public async Task What_is_configured_without_a_name_is_meant_for_both_types()
    {
        await using var two = await OpenAsync(services: static all =>
            all.Configure<IdentityRevocationOptions>(static o => o.SingleSession = SingleSession.NewestWins));
        var employee = await two.LoginAsync<Employee>();
        await two.LoginAsync<Employee>();

        (await two.RefreshAsync(employee)).Status.ShouldBe(400);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("customer:", null)]
    [InlineData("", "")]
    [InlineData("same:", "same:")]
    [InlineData("user:", "user:staff:")]
    [InlineData("client:", "employee:")]
    public async Task Prefixes_that_do_not_keep_the_types_apart_do_not_start(string? customers, string? employees)
    {
        // The host tells of both types at once, if neither holds.
        var refused = await Should.ThrowAsync<Exception>(
            TwoUserTypes.OpenAsync(o => o.SubjectPrefix = customers, o => o.SubjectPrefix = employees));

        refused.Message.ShouldMatch("RSC6001 .*SubjectPrefix");
    }

    [Fact]
    public async Task One_type_may_keep_its_subjects_as_they_are_if_people_do_not_choose_them()
    {
        await using var two = await OpenAsync(static o => o.SubjectPrefix = "");
        ClaimsOf((await two.LoginAsync<Customer>()).AccessToken).ShouldBe("1 buyer");
        ClaimsOf((await two.LoginAsync<Employee>()).AccessToken).ShouldBe("employee:1 clerk");

        (await Should.ThrowAsync<OptionsValidationException>(
            TwoUserTypes.OpenAsync(static o => (o.SubjectPrefix, o.Subject) = ("", UserSubject.UserName))))
            .Message.ShouldStartWith("RSC6001 ");
    }

    private static async Task<TwoUserTypes> OpenAsync(
        Action<IdentityRevocationOptions>? customers = null, Action<IdentityRevocationOptions>? employees = null,
        Action<IServiceCollection>? services = null)
    {
        var two = await TwoUserTypes.OpenAsync(customers, employees, services);
        await two.RegisterAsync(new Customer { UserName = "carol" }, new CustomerRole { Name = "buyer" });
        await two.RegisterAsync(new Employee { UserName = "emil" }, new EmployeeRole { Name = "clerk" });
        return two;
    }

    private static string ClaimsOf(string token) => $"{Payload(token)["sub"]} {Payload(token)["role"]}";

    private static JsonObject Payload(string token) => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!.AsObject();
}
