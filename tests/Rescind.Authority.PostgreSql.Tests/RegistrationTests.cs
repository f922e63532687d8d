using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.PostgreSql.Tests.Support;

namespace Rescind.Authority.PostgreSql.Tests;

/// <summary>How a program or an application comes to keep everything in PostgreSQL.</summary>
public sealed class RegistrationTests(PostgresCluster cluster)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Fact]
    public async Task A_server_starts_on_PostgreSQL_and_starts_again()
    {
        var folder = Directory.CreateTempSubdirectory("rescind-test-").FullName;
        var data = Path.Combine(folder, "data");
        var url = $"http://127.0.0.1:{PostgresServer.FreePort()}";
        var options = new ServeOptions
        {
            Urls = url, Data = data, Store = "postgresql",
            Stores = new Dictionary<string, Action<AuthorityBuilder>>
            {
                ["postgresql"] = store => store.UsePostgreSql(cluster.ConnectionString),
            },
        };
        using var client = new HttpClient();

        for (var start = 0; start < 2; start++)
        {
            await using var app = AuthorityServer.Create(options);
            await AuthorityServer.StartAsync(app);
            (await client.GetAsync(new Uri($"{url}/health/ready"))).StatusCode.ShouldBe(HttpStatusCode.OK);
            await app.StopAsync();
        }

        File.Exists(Path.Combine(data, "rescind.db")).ShouldBeFalse();
        (OperatingSystem.IsWindows() ? OwnerOnly : File.GetUnixFileMode(data)).ShouldBe(OwnerOnly);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Another_store_that_a_program_does_not_have_is_refused() =>
        Should.Throw<InvalidOperationException>(() => AuthorityServer.Create(new() { Store = "redis" })).Message
            .ShouldContain("sqlite");

    [Fact]
    public void Two_stores_for_one_Authority_are_refused()
    {
        var first = new ServiceCollection().AddRescindAuthority().UsePostgreSql("Host=a");
        Should.Throw<InvalidOperationException>(() => first.UsePostgreSql("Host=b")).Message.ShouldStartWith("RSC1019");
        Should.Throw<InvalidOperationException>(() => first.UseSqlite("a.db")).Message.ShouldStartWith("RSC1019");

        var second = new ServiceCollection().AddRescindAuthority().UseSqlite("a.db");
        Should.Throw<InvalidOperationException>(() => second.UsePostgreSql("Host=a")).Message.ShouldStartWith("RSC1019");
    }
}
