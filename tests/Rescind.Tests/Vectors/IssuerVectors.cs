using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace Rescind.Tests.Vectors;

/// <summary>
/// The records of issuers, as <c>vectors/issuers.json</c> says them: what one leaves out has its default, and the
/// tokens are judged; one that cannot be read makes the whole verifier say unknown, never one issuer a stranger.
/// </summary>
public sealed class IssuerVectors
{
    private static readonly JsonElement File = VectorFile.Read("issuers.json");

    public static TheoryData<string> Names { get; } = [.. VectorFile.Cases("issuers.json").Select(one => one.Text("name")!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_record_means_what_the_vectors_say_or_cannot_be_read(string name)
    {
        var (record, means) = Find(name);
        if (means is null)
        {
            Should.Throw<JsonException>(() => IssuerRecord.FromJson(record));
            return;
        }

        IssuerRecord.FromJson(record).ShouldBe(means);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_token_is_judged_under_a_record_that_can_be_read_and_none_beside_one_that_cannot(string name)
    {
        var (record, means) = Find(name);
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(File.Number("now")!.Value));
        var known = means ?? IssuerRecord.FromJson(VectorFile.Cases("issuers.json").First().Text("record")!);
        var replica = Ready(time, known);

        replica.Apply([Entry(means is null ? "https://another.example" : known.Issuer, record)], TestLog.Head("e", 2));

        replica.NeedsUpgrade.ShouldBe(means is null);
        var facts = TestToken.Read(File.Text("token")!, known);
        var verdict = new Judge(replica, time).Decide(facts, TimeSpan.FromSeconds(5));
        verdict.Kind.ShouldBe(means is null ? VerdictKind.Unknown : VerdictKind.Valid);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_snapshot_with_a_record_that_cannot_be_read_is_of_a_newer_Authority(string name)
    {
        var (record, means) = Find(name);
        var replica = new Replica(TimeProvider.System, Entropy.System);

        replica.Load(TestLog.Snapshot(replica, "e", 2, Entry(TestLog.Foreign, record)), isFork: false);

        replica.NeedsUpgrade.ShouldBe(means is null);
        replica.FindIssuer(TestLog.Foreign).ShouldBe(means);
    }

    private static (string Record, IssuerRecord? Means) Find(string name)
    {
        var one = VectorFile.Cases("issuers.json").Single(candidate => candidate.Text("name") == name);
        var means = one.GetProperty("means");
        return (one.Text("record")!, means.ValueKind is JsonValueKind.Null ? null : IssuerRecord.FromJson(means.GetRawText()));
    }

    private static Replica Ready(FakeTimeProvider time, IssuerRecord record)
    {
        var replica = new Replica(time, Entropy.System);
        replica.Apply([TestLog.Entry(record)], TestLog.Head("e", 1));
        replica.Prove(
            FreshnessProof.Of(Moment.Now(time), TimeSpan.Zero, TimeSpan.Zero, time), time.GetUtcNow().ToUnixTimeSeconds());
        replica.BecomeReady();
        return replica;
    }

    private static LogEntry Entry(string issuer, string record) =>
        new() { Kind = LogEntryKind.Issuer, Position = new(2), At = 0, Issuer = issuer, Match = Match.Issuer, Record = record };
}
