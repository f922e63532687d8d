using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;

namespace Rescind.Tests.Vectors;

/// <summary>
/// Tokens as an attacker would write them, by the hundred thousand (a tenth without RESCIND_FULL): this implementation
/// and the one in Node read them alike, fact by fact, and say the same of them. Neither made them.
/// </summary>
public sealed class HostileVectors
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Node_says_the_same_of_every_one()
    {
        var count = Cases.Of(0.1);
        var tokens = await RunAsync(["vectors/hostile.mjs", count.ToString(CultureInfo.InvariantCulture), "1"], []);
        var theirs = await RunAsync(["clients/node/test/support/judge-lines.mjs"], tokens);
        var world = JsonDocument.Parse(tokens[0]).RootElement;
        var judges = world.GetProperty("records").EnumerateObject()
            .ToDictionary(record => record.Name, record => new World(world, record.Value));

        var said = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (line, their) in tokens.Skip(1).Zip(theirs))
        {
            var one = JsonDocument.Parse(line).RootElement;
            var ours = judges[one.Text("record")!].Say(one.Text("token")!, one.Text("thumbprint"));
            if (!JsonNode.DeepEquals(JsonNode.Parse(their), ours))
            {
                Assert.Fail($"{line}\nhere:  {ours.ToJsonString()}\nthere: {their}");
            }

            var kind = (string?)ours["verdict"] ?? "refused";
            said[kind] = said.GetValueOrDefault(kind) + 1;
        }

        // Numbers that never came to one of these would prove nothing about it.
        theirs.Count.ShouldBe((int)count);
        foreach (var kind in new[] { "refused", "valid", "revoked", "renew", "reauthenticate", "expired" })
        {
            said.GetValueOrDefault(kind).ShouldBeGreaterThan((int)(count / 1000), kind);
        }
    }

    /// <summary>
    /// Runs a script of the repository; <paramref name="input"/> goes in, line by line, and its lines come out.
    /// </summary>
    private static async Task<IReadOnlyList<string>> RunAsync(string[] script, IReadOnlyList<string> input)
    {
        var start = new ProcessStartInfo("node", script)
        {
            WorkingDirectory = VectorFile.Root, RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        using var node = Process.Start(start)!;
        var output = node.StandardOutput.ReadToEndAsync();
        foreach (var line in input)
        {
            await node.StandardInput.WriteLineAsync(line);
        }

        node.StandardInput.Close();
        var lines = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await node.WaitForExitAsync();
        node.ExitCode.ShouldBe(0, script[0]);
        return lines;
    }

    /// <summary>One issuer's record, the log of all, and the second of the verdict.</summary>
    private sealed class World
    {
        private readonly IssuerRecord _record;
        private readonly Judge _judge;

        public World(JsonElement world, JsonElement record)
        {
            _record = IssuerRecord.FromJson(record.GetRawText());
            var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(world.Number("now")!.Value));
            var entries = world.GetProperty("entries").EnumerateArray().Select(FeedReader.Entry);
            _judge = new(TestLog.Replica(time, [TestLog.Entry(_record), .. entries]), time);
        }

        public JsonObject Say(string token, string? thumbprint)
        {
            if (!CompactJws.TryRead(token, out var jws, out _)
                || !TokenFacts.TryCreate(jws, _record, thumbprint, out var facts, out _))
            {
                return [];
            }

            var verdict = _judge.Decide(facts, Freshness);
            return new()
            {
                ["verdict"] = verdict.Kind.ToString().ToLowerInvariant(),
                ["by"] = verdict.By.Value,
                ["instant"] = verdict.Instant,
                ["facts"] = new JsonArray(
                    facts.Issuer, facts.TokenId, facts.SessionId, facts.Subject, facts.ClientId, facts.KeyId,
                    facts.ExpiresAt, facts.IssuedAt,
                    facts.AuthTime, facts.LogPosition.Value, facts.Token.Kind.ToString().ToLowerInvariant(), facts.Token.Value),
            };
        }
    }
}
