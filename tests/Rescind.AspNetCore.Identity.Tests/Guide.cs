using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Tests.Support;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>The code of docs/guide/aspnetcore-identity.md that is not the sample's.</summary>
public sealed class Guide
{
    [Fact]
    public async Task Several_types_of_users_as_the_guide_has_them()
    {
        var folder = Directory.CreateTempSubdirectory("rescind-guide-").FullName;
        var builder = WebApplication.CreateBuilder();
        builder.Configuration["Rescind:Issuer"] = "http://127.0.0.1:7080";
        builder.Configuration["Rescind:Development"] = "true";
        builder.Configuration["Rescind:Data"] = folder;
        builder.Services.AddRescindAuthority();
        builder.Services.AddDbContext<CustomerDb>(static db => db.UseSqlite("Data Source=:memory:"));
        builder.Services.AddDbContext<EmployeeDb>(static db => db.UseSqlite("Data Source=:memory:"));
        builder.Services.AddIdentityCore<Customer>()
            .AddRoles<CustomerRole>().AddEntityFrameworkStores<CustomerDb>().AddRescind(revoke => revoke.SubjectPrefix = "customer:");
        builder.Services.AddIdentityCore<Employee>()
            .AddRoles<EmployeeRole>().AddEntityFrameworkStores<EmployeeDb>().AddRescind(revoke => revoke.SubjectPrefix = "employee:");
        await using var app = builder.Build();
        await using var scope = app.Services.CreateAsyncScope();

        scope.ServiceProvider.GetService<IUserSessions<Customer>>().ShouldNotBeNull();
        scope.ServiceProvider.GetService<IUserSessions<Employee>>().ShouldNotBeNull();
        scope.ServiceProvider.GetServices<ISessionClaims>().Count().ShouldBe(1);
    }
}
