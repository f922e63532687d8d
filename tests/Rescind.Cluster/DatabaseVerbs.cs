using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Rescind.Cluster.Support;
using Rescind.Conformance.Support;
using Rescind.EndToEnd;

namespace Rescind.Cluster;

/// <summary>What the program does with a database that is named by a URL, beside its nodes and without them.</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class DatabaseVerbs
{
    [Fact]
    public async Task A_dump_that_was_put_back_is_marked_and_everybody_logs_in_again()
    {
        var folder = Places.NewFolder();
        var (url, copy) = (UrlOf(await Databases.Current.CreateAsync()), UrlOf(await Databases.Current.CreateAsync()));
        var dump = Path.Combine(folder, "rescind.dump");
        await using (var authority = await ServeAsync(url, folder))
        {
            using var client = await AdministratorAsync(authority.Url, folder);
            var session = await client.StartSessionAsync("alice");
            var act = (string)(await client.RevokeAsync("subject", "alice", waitSeconds: 0))["id"]!;
            await RunAsync("pg_dump", "--schema=rescind", "--format=custom", "--file=" + dump, url);

            (await RescindAsync("lift", act, "--store", url)).ShouldBe(0);
            (await client.GetAsync("/v1/sessions/" + session.Id)).Text("state").ShouldBe("active");
            (await RescindAsync("restore", "--store", url)).ShouldBe(1);
        }

        await RunAsync("pg_restore", "--dbname=" + copy, dump);
        (await RescindAsync("restore", "--store", copy, "--json")).ShouldBe(0);
        await using (var authority = await ServeAsync(copy, folder))
        {
            using var client = await AdministratorAsync(authority.Url, folder);
            (await client.GetAsync("/v1/sessions?subject=alice&state=active")).Body!["sessions"]!.AsArray().ShouldBeEmpty();
            (await client.PostAsync("/v1/sessions", new JsonObject { ["subject"] = "alice", ["audience"] = "orders" }))
                .ShouldBe(HttpStatusCode.Created);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_check_of_a_database_says_by_its_exit_code_whether_everything_holds()
    {
        var url = UrlOf(await Databases.Current.CreateAsync());

        (await RescindAsync("store", "check", url)).ShouldBe(0);
        (await RescindAsync("store", "check", url + "?options=-c%20synchronous_commit%3Doff", "--json")).ShouldBe(1);
        (await RescindAsync("store", "check", "postgres://127.0.0.1:1/app")).ShouldBe(3);
        (await RescindAsync("store", "check")).ShouldBe(2);
    }

    [Fact]
    public async Task What_is_no_database_or_not_done_to_one_is_refused()
    {
        (await RescindAsync("serve", "--store", "mysql://127.0.0.1/app")).ShouldBe(1);
        (await RescindAsync("serve", "--store", "postgres://127.0.0.1:port/app")).ShouldBe(1);
        (await RescindAsync("restore", "--store", "mysql://127.0.0.1/app")).ShouldBe(2);
        (await RescindAsync("backup", "copy", "--store", "postgres://127.0.0.1/app")).ShouldBe(1);
    }

    private static string UrlOf(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        return $"postgres://{settings.Username}@{settings.Host}:{settings.Port}/{settings.Database}";
    }

    private static async Task<Served> ServeAsync(string database, string folder)
    {
        var url = new Uri(FreeUrl.Next());
        var child = Child.Start(
            "dotnet",
            [
                Places.Program, "serve", "--store", database, "--urls", url.ToString().TrimEnd('/'),
                "--issuer", "http://127.0.0.1:7070", "--data", folder,
            ]);
        await Readiness.WaitAsync(url, child, TimeSpan.FromSeconds(90));
        return new(child, url);
    }

    private static async Task<AuthorityClient> AdministratorAsync(Uri url, string folder)
    {
        var admin = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "admin.json")))!;
        return await AuthorityClient.ConnectAsync(url, (string)admin["client_id"]!, (string)admin["client_secret"]!);
    }

    private static Task<int> RescindAsync(params string[] arguments) => EndAsync("dotnet", [Places.Program, .. arguments]);

    private static async Task RunAsync(string program, params string[] arguments) =>
        (await EndAsync(program, arguments)).ShouldBe(0, program);

    private static async Task<int> EndAsync(string program, string[] arguments)
    {
        await using var child = Child.Start(program, arguments);
        return await child.EndAsync();
    }

    private sealed record Served(Child Child, Uri Url) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Child.DisposeAsync();
    }
}
