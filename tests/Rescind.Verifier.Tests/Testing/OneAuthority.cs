using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.Authority.Sessions;

namespace Rescind.Verifier.Tests.Testing;

/// <summary>An application has one Authority: a second registration rewrites nothing of the first, it does not start.</summary>
public sealed class OneAuthority
{
    [Fact]
    public void A_second_Authority_with_equal_or_other_settings()
    {
        var services = new ServiceCollection();
        services.AddRescindAuthority(static options => options.Issuer = "https://one.test");

        foreach (var issuer in (string[])["https://one.test", "https://other.test"])
        {
            Should.Throw<InvalidOperationException>(() => services.AddRescindAuthority(options => options.Issuer = issuer))
                .Message.ShouldContain("RSC1017");
        }
    }

    [Theory]
    [InlineData("/auth", "/other")]
    [InlineData("/auth", "/auth")]
    [InlineData("", "/auth")]
    public async Task Endpoints_that_are_mapped_twice(string first, string second)
    {
        await using var app = Build(static _ => { });
        app.MapRescind(first);

        Should.Throw<InvalidOperationException>(() => app.MapRescind(second)).Message.ShouldContain("RSC1017");
    }

    [Fact]
    public void Two_database_files()
    {
        var builder = new ServiceCollection().AddRescindAuthority().UseSqlite("one.db").UseSqlite("one.db");

        Should.Throw<InvalidOperationException>(() => builder.UseSqlite("other.db")).Message
            .ShouldMatch("RSC1019 .*one.db and other.db");
    }

    [Fact]
    public async Task Two_who_say_what_the_claims_of_a_session_are()
    {
        await using var app = Build(
            static services => services.AddScoped<ISessionClaims, SomeClaims>().AddScoped<ISessionClaims, OtherClaims>());
        app.MapRescind("/auth");

        var refused = await Should.ThrowAsync<OptionsValidationException>(() => app.StartAsync());

        refused.Message.ShouldMatch("RSC1018 .*SomeClaims, OtherClaims");
    }

    private static WebApplication Build(Action<IServiceCollection> services)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddRescindAuthority();
        services(builder.Services);
        return builder.Build();
    }

    private sealed class SomeClaims : ISessionClaims
    {
        public ValueTask<string?> FindAsync(MintingSession session, CancellationToken cancellationToken) =>
            new("""{"role":"some"}""");
    }

    private sealed class OtherClaims : ISessionClaims
    {
        public ValueTask<string?> FindAsync(MintingSession session, CancellationToken cancellationToken) =>
            new("""{"role":"other"}""");
    }
}
