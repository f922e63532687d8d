using System.Net;
using System.Net.Sockets;
using Rescind.Cli.Tests.Support;

namespace Rescind.Cli.Tests;

/// <summary>
/// Whatever the program can judge by itself ends with 2, in one sentence that names it, before a request is sent.
/// </summary>
public sealed class BadValueTests
{
    private static readonly string TooLong = new('x', 1025);
    private static readonly string LongUrl = "https://idp.example.com/" + new string('x', 512);

    /// <summary>What the sentence names, and the command line.</summary>
    public static TheoryData<string, string[]> Lines { get; } = Of(
        ("command", ["revoked"]), ("command", ["sessions", "lists"]), ("--", ["keys", "list", "--all"]),
        ("extra", ["keys", "rotate", "extra"]), ("session", ["sessions", "show", ""]),
        ("session", ["sessions", "end", ""]), ("session", ["sessions", "end", ".."]),
        ("session", ["sessions", "show", "."]), ("session", ["sessions", "show", TooLong]),
        ("--subject", ["sessions", "list", "--subject", ""]), ("--state", ["sessions", "list", "--state", "gone"]),
        ("--limit", ["sessions", "list", "--limit", "0"]), ("--limit", ["sessions", "list", "--limit", "201"]),
        ("--limit", ["sessions", "list", "--limit", "-1"]), ("--limit", ["sessions", "list", "--limit", "ten"]),
        ("--limit", ["sessions", "list", "--limit", "99999999999"]), ("--limit", ["sessions", "list", "--limit", ""]),
        ("--cursor", ["sessions", "list", "--cursor", ""]), ("--cursor", ["sessions", "list", "--cursor", "next"]),
        ("subject", ["sessions", "start", "", "--audience", "orders"]),
        ("--audience", ["sessions", "start", "alice", "--audience", ""]),
        ("--client", ["sessions", "start", "alice", "--audience", "orders", "--client", ""]),
        ("--scope", ["sessions", "start", "alice", "--audience", "orders", "--scope", "a  b"]),
        ("--device", ["sessions", "start", "alice", "--audience", "orders", "--device", ""]),
        ("session", ["revoke", "session", "", "--reason", "x"]), ("subject", ["revoke", "subject", "", "--reason", "x"]),
        ("token", ["revoke", "token", "", "--reason", "x"]), ("client", ["revoke", "client", "", "--reason", "x"]),
        ("name", ["revoke", "tag", "", "acme", "--reason", "x"]),
        ("value", ["revoke", "tag", "tenant", TooLong, "--reason", "x"]),
        ("key", ["revoke", "key", "", "--reason", "x"]), ("--reason", ["revoke", "session", "a", "--reason", ""]),
        ("--reason", ["revoke", "session", "a", "--reason", " "]),
        ("--reason", ["revoke", "session", "a", "--reason", new string('x', 501)]),
        ("--effect", ["revoke", "subject", "a", "--reason", "x", "--effect", "End"]),
        ("--effect", ["revoke", "session", "a", "--reason", "x", "--effect", "block"]),
        ("--effect", ["revoke", "key", "a", "--reason", "x", "--effect", "renew"]),
        ("--until", ["revoke", "subject", "a", "--reason", "x", "--effect", "block"]),
        ("--until", ["revoke", "subject", "a", "--reason", "x", "--until", "2h"]),
        ("--before",
            ["revoke", "subject", "a", "--reason", "x", "--effect", "block", "--until", "2h",
                "--before", "2026-01-01T00:00:00Z"]),
        ("--before", ["revoke", "subject", "a", "--reason", "x", "--before", "2026-11-23T10:00:00"]),
        ("--before", ["revoke", "subject", "a", "--reason", "x", "--before", "yesterday"]),
        ("--before", ["revoke", "subject", "a", "--reason", "x", "--before", ""]),
        ("--until", ["revoke", "subject", "a", "--reason", "x", "--effect", "block", "--until", "2026-11-23 10:00:00Z"]),
        ("--until", ["revoke", "subject", "a", "--reason", "x", "--effect", "block", "--until", "0s"]),
        ("--until", ["revoke", "subject", "a", "--reason", "x", "--effect", "block", "--until", "-2h"]),
        ("--except", ["revoke", "subject", "a", "--reason", "x", "--except", ""]),
        ("--issuer", ["revoke", "subject", "a", "--reason", "x", "--issuer", "idp"]),
        ("--wait", ["revoke", "session", "a", "--reason", "x", "--wait", "-1"]),
        ("--wait", ["revoke", "session", "a", "--reason", "x", "--wait", "∞"]),
        ("--spread", ["revoke", "client", "web", "--reason", "x", "--effect", "renew", "--spread", "0s"]),
        ("--spread", ["revoke", "client", "web", "--reason", "x", "--effect", "renew", "--spread", "2000d"]),
        ("--confirm", ["revoke", "client", "web", "--reason", "x", "--confirm", ""]),
        ("--confirm", ["revoke", "client", "web", "--reason", "x", "--confirm", "all"]),
        ("id", ["lift", ""]), ("what", ["why", ""]), ("what", ["why", " "]), ("token", ["inspect", ""]),
        ("--count", ["tail", "--count", "0"]), ("--count", ["tail", "--count", "-1"]), ("--count", ["tail", "--count", "many"]),
        ("file", ["backup", ""]), ("file", ["restore", ""]),
        ("client", ["clients", "add", ""]), ("client", ["clients", "show", "a/b"]), ("client", ["clients", "remove", ".."]),
        ("--kind", ["clients", "add", "a", "--kind", "secret"]), ("--scope", ["clients", "add", "a", "--scope", "all"]),
        ("--clients", ["clients", "add", "a", "--clients", "a/b"]), ("--issuers", ["clients", "add", "a", "--issuers", "idp"]),
        ("--origin", ["clients", "add", "a", "--origin", "https://a.example/"]),
        ("--origin", ["clients", "add", "a", "--origin", "https://me@a.example"]),
        ("--backchannel-logout", ["clients", "add", "a", "--backchannel-logout", "/logout"]),
        ("--backchannel-logout", ["clients", "add", "a", "--backchannel-logout", "https://a.example/#x"]),
        ("--audience", ["clients", "add", "a", "--audience", ""]),
        ("--keep-old-for", ["clients", "secret", "a", "--keep-old-for", "8d"]),
        ("issuer", ["issuers", "add", ""]), ("issuer", ["issuers", "add", "idp.example.com"]),
        ("issuer", ["issuers", "add", LongUrl]), ("issuer", ["issuers", "add", "https://idp.example.com?x"]),
        ("issuer", ["issuers", "add", "https://me@idp.example.com"]),
        ("issuer", ["issuers", "remove", ""]), ("--profile", ["issuers", "add", "https://a.example", "--profile", "okta"]),
        ("--algorithm", ["issuers", "add", "https://a.example", "--algorithm", "HS256"]),
        ("--type", ["issuers", "add", "https://a.example", "--type", TooLong]),
        ("--claim", ["issuers", "add", "https://a.example", "--claim", "subject"]),
        ("--claim", ["issuers", "add", "https://a.example", "--claim", "subject="]),
        ("--subject", ["issuers", "add", "https://a.example", "--subject", "no"]),
        ("--jwks", ["issuers", "add", "https://a.example", "--jwks", "/keys"]),
        ("--token-lifetime", ["issuers", "add", "https://a.example", "--token-lifetime", "0"]),
        ("--session-lifetime", ["issuers", "add", "https://a.example", "--session-lifetime", "1h", "--token-lifetime", "2h"]),
        ("--clock-skew", ["issuers", "add", "https://a.example", "--clock-skew", "301s"]),
        ("--leeway", ["issuers", "add", "https://a.example", "--leeway", "-1"]),
        ("maybe", ["issuers", "add", "https://a.example", "--sends-auth-time", "maybe"]),
        ("--authority", ["verifiers", "--authority", ""]), ("--authority", ["verifiers", "--authority", "localhost:7070"]),
        ("--authority", ["keys", "list", "--authority", "https://a.example?x"]), ("--data", ["verifiers", "--data", ""]),
        ("@", ["sessions", "show", "a", "@nothing-there"]));

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task What_the_program_can_judge_ends_with_2_names_the_option_and_sends_nothing(string named, string[] line)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

        var ended = (await InProcess.RunAsync(
            line, "", ("RESCIND_AUTHORITY", url), ("RESCIND_CLIENT_ID", "a"), ("RESCIND_CLIENT_SECRET", "b"))).With(2);

        ended.Out.ShouldBeEmpty();
        ended.Error.Split('\n')[0].ShouldContain(named);
        ended.Error.ShouldNotContain("   at ");
        listener.Pending().ShouldBeFalse();
    }

    private static TheoryData<string, string[]> Of(params ReadOnlySpan<(string Named, string[] Line)> lines)
    {
        var data = new TheoryData<string, string[]>();
        foreach (var (named, line) in lines)
        {
            data.Add(named, line);
        }

        return data;
    }
}
