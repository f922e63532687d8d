using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace Rescind.Tests.Vectors;

public sealed class VerdictVectors
{
    public static TheoryData<string> Tokens { get; } = [.. VectorFile.Cases("verdicts.json").Select(one => one.Text("name")!)];

    public static TheoryData<string> Sessions { get; } =
        [.. VectorFile.Cases("verdicts.json", "sessions").Select(one => one.Text("name")!)];

    [Theory]
    [MemberData(nameof(Tokens))]
    public void Every_token_is_judged_as_the_vectors_say(string name)
    {
        var one = VectorFile.Cases("verdicts.json").Single(candidate => candidate.Text("name") == name);
        var record = IssuerRecord.FromJson(
            VectorFile.Read("verdicts.json").GetProperty("records").GetProperty(one.Text("record")!).GetRawText());
        var facts = TestToken.Read(one.Text("token")!, record, one.Text("key_thumbprint"));
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(one.Number("now")!.Value));

        var verdict = new Judge(ReplicaOf(one, record, time), time)
            .Decide(facts, TimeSpan.FromMilliseconds(one.Number("max_staleness_ms")!.Value));

        var expected = one.GetProperty("verdict");
        verdict.Kind.ToString().ShouldBe(expected.Text("kind"));
        verdict.By.Value.ShouldBe(expected.Number("by") ?? 0);
        verdict.Instant.ShouldBe(expected.Number("instant") ?? 0);
    }

    [Theory]
    [MemberData(nameof(Sessions))]
    public void Every_session_is_judged_as_the_vectors_say(string name)
    {
        var one = VectorFile.Cases("verdicts.json", "sessions").Single(candidate => candidate.Text("name") == name);
        var acts = one.GetProperty("acts").EnumerateArray().Select(ActOf);

        var verdict = SessionJudge.Decide(SessionOf(one.GetProperty("session")), acts, one.Number("now")!.Value);

        var expected = one.GetProperty("verdict");
        verdict.Kind.ToString().ShouldBe(expected.Text("kind"));
        verdict.By.Value.ShouldBe(expected.Number("by") ?? 0);
    }

    private static Replica ReplicaOf(JsonElement one, IssuerRecord record, FakeTimeProvider time)
    {
        var replica = new Replica(time, Entropy.System);
        replica.Apply([TestLog.Entry(record), .. one.GetProperty("entries").EnumerateArray().Select(FeedReader.Entry)],
            TestLog.Head("e", 1));
        if (one.Number("age_ms") is { } age)
        {
            replica.Prove(FreshnessProof.Of(Moment.Now(time), TimeSpan.Zero, TimeSpan.FromMilliseconds(age), time),
                one.Number("now")!.Value);
            replica.BecomeReady();
        }

        return replica;
    }

    private static SessionFacts SessionOf(JsonElement session) => new(
        session.Text("id")!,
        session.Text("subject")!,
        session.Text("client_id")!,
        [.. session.GetProperty("tags").EnumerateArray()
            .Select(tag => new SessionTag(tag.Text("name")!, tag.Text("value")!, new(tag.Number("since")!.Value)))],
        new(session.Number("started")!.Value), 0);

    private static Revocation ActOf(JsonElement act) => new()
    {
        Position = new(act.Number("position")!.Value),
        At = act.Number("position")!.Value / 1_000_000,
        Issuer = TestLog.Own,
        Match = Match.From(Enum.Parse<MatchKind>(act.Text("match")!, ignoreCase: true), act.Text("name"), act.Text("value")),
        Effect = Enum.Parse<Effect>(act.Text("effect")!, ignoreCase: true),
        Second = act.Number("second")!.Value,
        Reason = "a vector",
        Actor = "client:vectors",
        RememberUntil = RevocationState.Never,
        LiftedBy = act.Number("lifted_by") is { } position ? new(position) : null,
    };
}
