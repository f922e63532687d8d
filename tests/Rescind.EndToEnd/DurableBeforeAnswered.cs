using System.Text.RegularExpressions;

namespace Rescind.EndToEnd;

/// <summary>
/// G2 seen from outside: the operating system is told to make the log durable before the caller is told that it is (RV-9).
/// </summary>
[Collection(Child.OneSystemAtATime)]
public sealed partial class DurableBeforeAnswered
{
    [Fact]
    public async Task A_sync_of_the_database_log_lies_between_a_revoke_and_its_answer()
    {
        var trace = Path.Combine(Places.NewFolder(), "trace");
        await using var authority = await AuthorityProcess.StartAsync();
        await authority.StopAsync();
        await authority.StartAgainAsync(
            "strace", "-f", "-y", "-s", "48", "-e",
            "trace=fsync,fdatasync,read,recvfrom,recvmsg,readv,write,sendto,sendmsg,writev", "-o", trace);
        using var client = await authority.ConnectAsync();
        var session = await client.StartSessionAsync("alice");

        await client.RevokeAsync("session", session.Id);

        await authority.KillAsync();
        var lines = await File.ReadAllLinesAsync(trace);
        var request = Array.FindLastIndex(lines, line => line.Contains("POST /v1/revocations", StringComparison.Ordinal));
        var answer = Array.FindIndex(
            lines, Math.Max(0, request), line => line.Contains("HTTP/1.1 201", StringComparison.Ordinal));
        request.ShouldBeGreaterThan(0);
        answer.ShouldBeGreaterThan(request);
        lines[request..answer].ShouldContain(line => SyncOfLog().IsMatch(line));
    }

    [GeneratedRegex(@"f(data)?sync\(\d+<[^>]*rescind\.db-wal>")]
    private static partial Regex SyncOfLog();
}
