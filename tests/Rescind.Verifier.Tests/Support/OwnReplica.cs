using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Rescind.Tests.Vectors;

namespace Rescind.Verifier.Tests.Support;

/// <summary>A verifier's replica of the log that a case of the vectors tells of.</summary>
internal static class OwnReplica
{
    public static VerifierReplica Of(JsonElement one, JsonElement ownRecord)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var held = new VerifierReplica(new(time, Entropy.System));
        var follower = new FeedFollower(
            held.Replica, new("orders", "one", TimeSpan.FromSeconds(5)), TimeSpan.FromSeconds(5), time, Entropy.System);
        var position = new LogPosition(one.Number("position")!.Value);
        var answer = new FeedAnswer
        {
            Outcome = FeedOutcome.Entries, Epoch = "e", After = position, Head = position, Chain = LogHead.Empty("e").Chain,
            Now = time.GetUtcNow().ToUnixTimeSeconds(),
        };
        Load(follower, answer, [Record(ownRecord), .. one.GetProperty("entries").EnumerateArray().Select(Entry)]);
        for (var i = 0; i < 2; i++)
        {
            var request = follower.Next().Request!;
            follower.Answered(request, answer with { Nonce = request.Nonce });
        }

        held.Replica.IsReady.ShouldBeTrue();
        time.Advance(TimeSpan.FromMilliseconds(one.Number("age_ms")!.Value));
        return held;
    }

    private static void Load(FeedFollower follower, FeedAnswer header, List<LogEntry> entries)
    {
        var snapshot = follower.Next().Snapshot!;
        snapshot.Begin(header);
        entries.ForEach(snapshot.Add);
        snapshot.End(entries.Count);
        follower.Loaded(snapshot);
    }

    private static LogEntry Record(JsonElement record) => new()
    {
        Kind = LogEntryKind.Issuer, Position = new(1), At = 0, Issuer = record.Text("issuer")!, Match = Match.Issuer,
        Record = record.GetRawText(),
    };

    private static LogEntry Entry(JsonElement entry)
    {
        var (position, at) = (new LogPosition(entry.Number("position")!.Value), entry.Number("at")!.Value);
        var isKey = entry.Text("kind") == "key";
        return new()
        {
            Kind = isKey ? LogEntryKind.Key : LogEntryKind.State,
            Position = position,
            At = at,
            Issuer = entry.Text("issuer")!,
            Match = Match.Key((isKey ? entry.Text("name") : entry.Text("value"))!),
            Record = isKey ? entry.Text("value") : null,
            State = isKey ? null : new RevocationState(new(position, at), default, default, default, RevocationState.Never),
        };
    }
}
