using System.Diagnostics;
using System.Text.Json.Nodes;
using Rescind.Cli.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests;

/// <summary>
/// A healthy deployment is silent, and each planted problem is found once. Real Authorities: one with a verifier and a
/// backup, one that
/// has neither.
/// </summary>
public sealed class DoctorTests(DoctorTests.Deployment deployment) : IClassFixture<DoctorTests.Deployment>
{
    private readonly RunningAuthority _healthy = deployment.Authority;

    [Fact]
    public async Task A_healthy_deployment_is_silent()
    {
        await BackUpAsync(_healthy);

        var ended = (await _healthy.RunAsync("doctor", "--json", "--api", $"orders={_healthy.Api}")).With(0);

        ended.Json["findings"]!.AsArray().ShouldBeEmpty();
        ended.Json["checked"]!.AsArray().Count.ShouldBe(11);
    }

    [Fact]
    public async Task People_get_a_sentence_and_a_next_step()
    {
        await BackUpAsync(_healthy);
        (await _healthy.RunAsync("doctor")).With(0).Out.ShouldContain("Nothing was found");

        var ended = (await _healthy.RunAsync("doctor", "--backup", "/nowhere/rescind.db")).With(8);

        ended.Out.ShouldContain("The backup is not there.");
        ended.Out.ShouldContain("rescind backup");
    }

    [Fact]
    public async Task Every_planted_problem_is_found_once_with_its_next_step()
    {
        await using var authority = new RunningAuthority { IsAlone = true };
        await authority.InitializeAsync();
        using var unguarded = new Unguarded();
        using var open = new StubAuthority { Bodies = { ["GET /orders"] = "{}" } };
        using var keyless = new StubAuthority { Bodies = { ["GET /keys"] = """{"keys":[]}""" } };
        var nobody = FreeUrl.Next();
        (await authority.RunAsync("issuers", "add", "https://forgetful.example", "--jwks", $"{nobody}/keys")).With(0);
        (await authority.RunAsync("issuers", "add", "https://slow.example", "--token-lifetime", "2d", "--jwks",
            $"{keyless.Url}/keys")).With(0);
        (await authority.RunAsync("clients", "set", "web", "--origin", "http://shop.example")).With(0);
        using (var chmod = Process.Start("chmod", ["644", Path.Combine(authority.Data, "master.key")]))
        {
            await chmod.WaitForExitAsync();
        }


        var ended = (await authority.RunAsync(
            "doctor", "--json", "--api", $"orders={unguarded.Url}/orders", "--api", $"orders={open.Url}/orders", "--api",
            $"orders={nobody}/orders")).With(8);

        var found = ended.Json["findings"]!.AsArray()
            .Select(static finding => $"{finding!["severity"]} {finding["check"]} {finding["about"]}").ToList();
        found.ShouldBe(
            [
                "error verifiers ", "warning retention https://forgetful.example", "warning retention https://slow.example",
                "error issuers https://forgetful.example", "error issuers https://slow.example", "warning configuration web",
                $"error folder {Path.Combine(authority.Data, "master.key")}", "warning backup ",
                $"error apis {unguarded.Url}/orders", $"warning apis {open.Url}/orders", $"error apis {nobody}/orders",
            ],
            ignoreOrder: true);
        ended.Json["findings"]!.AsArray().ShouldAllBe(static finding => finding!["next"]!.GetValue<string>().Length > 10);
        ended.Out.ShouldNotContain("eyJ");
        ended.Out.ShouldNotContain(authority.Secret);
    }

    [Fact]
    public async Task Warnings_alone_end_with_7()
    {
        await BackUpAsync(_healthy);
        using var folder = new Folder();
        var old = Path.Combine(folder.Path, "old.db");
        await File.WriteAllTextAsync(old, "");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-8));

        (await _healthy.RunAsync("doctor", "--backup", old)).With(7);

        (await _healthy.RunAsync("doctor", "--backup", old, "--backup-age", "9d")).With(0);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-30, 7)]
    [InlineData(3600, 8)]
    public async Task A_clock_that_is_apart_is_found_by_how_far(int seconds, int exit)
    {
        using var stub = Healthy();
        stub.Ahead = TimeSpan.FromSeconds(seconds);

        var ended = await RunAsync(stub);

        ended.With(exit);
        Checks(ended).ShouldBe(exit == 0 ? [] : ["clock"]);
    }

    [Theory]
    [InlineData("late", 5, "0.1.0", 8)]
    [InlineData("gone", 5, "0.1.0", 8)]
    [InlineData("live", 60, "0.1.0", 7)]
    [InlineData("live", 5, "0.0.9", 7)]
    [InlineData("live", 5, "0.1.0", 0)]
    public async Task A_verifier_that_is_not_as_it_should_be_is_named(string state, int bound, string version, int exit)
    {
        using var stub = Healthy();
        stub.Bodies["GET /v1/verifiers"] = Verifiers(("orders", "live", 5, "0.1.0"), ("cart", "live", 5, "0.1.0"),
            ("pay", state, bound, version));

        var ended = (await RunAsync(stub)).With(exit);

        Checks(ended).ShouldBe(exit == 0 ? [] : ["verifiers"]);
        (exit == 0 || ended.Out.Contains("pay at", StringComparison.Ordinal)).ShouldBeTrue(ended.Out);
    }

    [Fact]
    public async Task What_the_Authority_says_of_itself_is_passed_on()
    {
        using var stub = Healthy();
        stub.Bodies["GET /health"] =
            """{"status":"degraded","notes":[{"code":"RSC1031","title":"The clock is behind.","next_step":"Set the clock."}]}""";
        stub.Bodies["GET /health/ready"] = "ready\nRSC1033 A standby may lack it.";

        Checks((await RunAsync(stub)).With(8)).ShouldBe(["health", "store"]);
    }

    [Fact]
    public async Task An_administrator_that_is_not_one_is_told_the_scope()
    {
        var feeder = await _healthy.AddClientAsync("doctor-without-rights", "feed");

        (await _healthy.RunAsAsync(feeder, "doctor")).With(4).Error.ShouldContain("admin");
    }

    [Theory]
    [InlineData("orders")]
    [InlineData("=https://a.example")]
    [InlineData("orders=nonsense")]
    [InlineData("orders=file:///etc/passwd")]
    [InlineData("orders=https://user:word@a.example")]
    public async Task An_api_that_is_none_is_refused(string api) =>
        (await InProcess.RunAsync(["doctor", "--api", api])).With(2).Error.ShouldContain("AUDIENCE=URL");

    private static async Task BackUpAsync(RunningAuthority authority)
    {
        using var folder = new Folder();
        (await authority.RunAsync("backup", Path.Combine(folder.Path, "rescind.db"))).With(0);
    }

    private static StubAuthority Healthy() => new()
    {
        Bodies =
        {
            ["POST /token"] = """{"access_token":"a.b.c","token_type":"Bearer","expires_in":300}""",
            ["GET /health"] = """{"status":"healthy","notes":[]}""", ["GET /health/live"] = "live",
            ["GET /health/ready"] = "ready",
            ["GET /v1/verifiers"] = Verifiers(("orders", "live", 5, "0.1.0")),
            ["GET /v1/issuers"] = """{"issuers":[{"issuer":"https://own.example","own":true,"max_token_lifetime":300}]}""",
            ["GET /v1/clients"] = """{"clients":[]}""",
            ["GET /v1/audit"] = """{"entries":[{"action":"backup.made"}],"next":null}""",
        },
    };

    private static string Verifiers(params (string Name, string State, int Bound, string Version)[] verifiers) => new JsonObject
    {
        ["verifiers"] = new JsonArray([.. verifiers.Select(static verifier => new JsonObject
        {
            ["name"] = verifier.Name, ["client_id"] = "api", ["state"] = verifier.State, ["bound"] = verifier.Bound,
            ["version"] = verifier.Version, ["address"] = "127.0.0.1",
        })]),
    }.ToJsonString();

    private static IEnumerable<string> Checks(Ended ended) =>
        ended.Json["findings"]!.AsArray().Select(static finding => finding!["check"]!.GetValue<string>());

    private static Task<Ended> RunAsync(StubAuthority stub) => InProcess.RunAsync(
        ["doctor", "--json", "--authority", stub.Url], "", ("RESCIND_CLIENT_ID", "admin"), ("RESCIND_CLIENT_SECRET", "secret"));

    /// <summary>An Authority and an API that no other test changes.</summary>
    public sealed class Deployment : IAsyncLifetime
    {
        internal RunningAuthority Authority { get; } = new();

        public ValueTask InitializeAsync() => Authority.InitializeAsync();

        public ValueTask DisposeAsync() => Authority.DisposeAsync();
    }
}
