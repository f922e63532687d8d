using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Rescind.Cli.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests;

/// <summary><c>backup</c> and <c>restore</c>, and the page that tells people of them, as printed.</summary>
public sealed class BackupTests(RunningAuthority authority)
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_is_one_file_for_its_owner_alone_and_replaces_none_unless_told()
    {
        using var folder = new Folder();
        var file = Path.Combine(folder.Path, "rescind.db");

        var saved = (await authority.RunAsync("backup", file, "--json")).With(0).Json;

        ((string)saved["sha256"]!)
            .ShouldBe(Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(file, Cancel))));
        ((long)saved["bytes"]!).ShouldBe(new FileInfo(file).Length);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        (await authority.RunAsync("backup", file)).With(1).Error.ShouldContain("--replace");
        (await authority.RunAsync("backup", file, "--replace")).With(0);
        (await authority.RunAsync("backup", folder.Path)).With(2);
        (await authority.RunAsync("backup", Path.Combine(folder.Path, "none", "rescind.db"))).With(2);
        Directory.GetFileSystemEntries(folder.Path).ShouldBe([file]);
    }

    [Fact]
    public async Task Whoever_may_not_gets_nothing()
    {
        using var folder = new Folder();
        var client = await authority.AddClientAsync("backup-feed", "feed");

        (await authority.RunAsAsync(client, "backup", Path.Combine(folder.Path, "rescind.db"))).With(4).Error
            .ShouldContain("admin");

        Directory.GetFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("changed")]
    [InlineData("without a digest")]
    public async Task What_does_not_arrive_as_it_was_sent_is_no_backup(string fault)
    {
        using var folder = new Folder();
        using var listener = new HttpListener();
        var url = FreeUrl.Next();
        listener.Prefixes.Add(url + "/");
        listener.Start();
        var serving = ServeAsync(listener, fault);

        var ended = await InProcess.RunAsync(["backup", Path.Combine(folder.Path, "rescind.db"), "--authority", url], "",
            ("RESCIND_CLIENT_ID", "admin"), ("RESCIND_CLIENT_SECRET", "secret"));

        ended.With(3).Error.ShouldContain("did not arrive as it was sent");
        Directory.GetFileSystemEntries(folder.Path).ShouldBeEmpty();
        await serving;
    }

    [Fact]
    public async Task The_guide_holds_as_printed()
    {
        using var folder = new Folder();
        var url = FreeUrl.Next();
        var page = (await File.ReadAllTextAsync(Path.Combine(Places.Root, "docs", "guide", "backup.md"), Cancel))
            .Replace("/backups", folder.Path, StringComparison.Ordinal).Replace("/var/lib", folder.Path, StringComparison.Ordinal)
            .Replace("http://127.0.0.1:7070", url, StringComparison.Ordinal);
        string[][] commands =
            [
                .. Regex.Matches(page, @"^\$ rescind (.*)$", RegexOptions.Multiline)
                    .Select(line => line.Groups[1].Value.Split(' ')),
            ];
        commands.Select(words => words[0]).ShouldBe(["backup", "backup", "restore", "restore", "restore"]);
        var data = Path.Combine(folder.Path, "rescind");
        await using (var server = await StartAsync(url, data))
        {
            var admin = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(data, "admin.json"), Cancel))!;
            foreach (var words in commands.Where(words => words[0] == "backup"))
            {
                (await Child.RunAsync(words, "", null, ("RESCIND_CLIENT_ID", (string)admin["client_id"]!),
                    ("RESCIND_CLIENT_SECRET", (string)admin["client_secret"]!))).With(0);
            }

            await StopAsync(server);
        }

        foreach (var words in commands.Where(words => words[0] == "restore"))
        {
            (await Child.RunAsync(words)).With(0).Out
                .ShouldContain(words.Contains("--json") ? "\"ended_sessions\"" : "Every session is ended");
            await using var server = await StartAsync(url, words[Array.IndexOf(words, "--data") + 1]);
            await StopAsync(server);
        }
    }

    [Fact]
    public async Task A_refused_restore_says_why_with_its_code()
    {
        using var folder = new Folder();

        var missing = (await Child.RunAsync(["restore", "none.db", "--data", "new", "--json"], "", folder.Path)).With(1);
        var running = (
            await Child.RunAsync(
                ["restore", Path.Combine(authority.Data, "rescind.db"), "--data", authority.Data, "--replace"])).With(1);

        ((string)JsonNode.Parse(missing.Error)!["error"]!["code"]!).ShouldBe("RSC1024");
        running.Error.ShouldContain("RSC1006");
        Directory.GetFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    private static async Task<Child> StartAsync(string url, string data)
    {
        var server = Child.Start(Places.Program, ["serve", "--urls", url, "--data", data]);
        await server.UntilReadyAsync(url + "/health/ready");
        return server;
    }

    private static async Task StopAsync(Child server)
    {
        await server.SignalAsync("TERM");
        (await server.EndAsync()).With(0);
    }

    // A token, and then a backup that something on the way has spoiled.
    private static async Task ServeAsync(HttpListener listener, string fault)
    {
        var token = await listener.GetContextAsync();
        await token.Response.OutputStream.WriteAsync("""{"access_token":"t","token_type":"Bearer"}"""u8.ToArray(), Cancel);
        token.Response.Close();
        var backup = await listener.GetContextAsync();
        byte[] sent = new byte[1000];
        backup.Response.ContentLength64 = sent.Length;
        if (fault != "without a digest")
        {
            var digest = SHA256.HashData(fault == "changed" ? new byte[999] : sent);
            backup.Response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(digest)}:";
        }

        await backup.Response.OutputStream.WriteAsync(fault == "cut" ? sent.AsMemory(0, 500) : sent, Cancel);
        await backup.Response.OutputStream.FlushAsync(Cancel);
        if (fault == "cut")
        {
            backup.Response.Abort();
        }
        else
        {
            backup.Response.Close();
        }
    }
}
