extern alias embedded;

using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Rescind.Authority;
using Rescind.Authority.Revocations;
using Rescind.Authority.Sessions;
using Rescind.Verifier.Tests.Support;
using Program = embedded::Program;

namespace Rescind.Verifier.Tests.Testing;

/// <summary>The code of docs/guide/testing.md, over an app that is its own Authority.</summary>
public sealed class Guide
{
    [Fact]
    public async Task An_app_that_is_its_own_Authority_starts_by_default()
    {
        await using var app = new WebApplicationFactory<Program>();
        using var client = app.CreateClient();
        await app.Services.GetRequiredService<VerifierStatus>().WaitUntilReadyAsync();

        var alice = await app.Services.GetRequiredService<ISessions>().StartAsync("alice");
        client.DefaultRequestHeaders.Authorization = new("Bearer", alice.AccessToken);
        (await client.GetAsync("/me")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await app.Services.GetRequiredService<IRevocations>().RevokeAndWaitAsync(
            Match.Session(alice.SessionId), "a test", TimeSpan.FromSeconds(30));
        (await client.GetAsync("/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Every_server_has_data_of_its_own_that_goes_with_it()
    {
        string folder;
        await using (var one = new WebApplicationFactory<Program>())
        {
            await using var other = new WebApplicationFactory<Program>();
            folder = DataOf(one);

            folder.ShouldNotBe(DataOf(other));
            File.Exists(Path.Combine(folder, "rescind.db")).ShouldBeTrue();
        }

        // The application's own thread disposes of the host, and may be later than the factory.
        await Eventually.Async(() => !Directory.Exists(folder));
    }

    [Fact]
    public async Task The_issuer_is_where_the_clients_of_the_test_server_go()
    {
        await using var app = new WebApplicationFactory<Program>();
        using var client = app.CreateClient();

        var metadata = await client.GetStringAsync("/auth/.well-known/oauth-authorization-server");

        metadata.ShouldContain("\"http://localhost/auth\"");
    }

    [Fact]
    public async Task Data_that_the_app_has_chosen_stay_the_apps()
    {
        var folder = Directory.CreateTempSubdirectory("rescind-chosen-").FullName;
        await using (var app = new WebApplicationFactory<Program>()
            .WithWebHostBuilder(web => web.UseSetting("Rescind:Data", folder)))
        {
            using var client = app.CreateClient();
            (await client.GetStringAsync("/auth/health/ready")).ShouldBe("ready");
            DataOf(app).ShouldBe(folder);
        }

        Directory.Exists(folder).ShouldBeTrue();

        // Not before the application's own thread has closed the store.
        await Eventually.Async(() => Deleted(folder));
    }

    [Fact]
    public async Task Outside_of_Development_the_test_server_refuses_what_a_real_one_would()
    {
        var log = new FakeLoggerProvider();
        await using var app = new WebApplicationFactory<Program>().WithWebHostBuilder(web => web
            .UseEnvironment("Production").ConfigureLogging(logging => logging.AddProvider(log)));

        // The factory may find the host disposed of before it hears why: the log always has the reason.
        Should.Throw<Exception>(() => app.Services);
        log.Collector.GetSnapshot()
            .ShouldContain(static record => record.Exception != null && record.Exception.Message.Contains("RSC1002"));
    }

    private static bool Deleted(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string DataOf(WebApplicationFactory<Program> app) =>
        app.Services.GetRequiredService<IOptions<AuthorityOptions>>().Value.DataDirectory;
}
