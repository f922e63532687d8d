using System.Text.Encodings.Web;
using System.Text.Json;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Http.Routes.Feed;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Tests.Stores;

/// <summary>What a page counts for a row is never less than the row has in an answer, whatever stands in it.</summary>
public sealed class JsonLengthTests
{
    private const long LatestSecond = 253402300799;

    private static readonly LogPosition Last = new(LogPosition.MaxValue);

    private static readonly Dictionary<string, string> All = new()
    {
        ["every character that differs"] =
            string.Concat(Enumerable.Range(1, 0x17f).Select(static c => (char)c)) + "\u2028\uffff\U0001f600",
        ["what is escaped to the longest"] = new('<', 1000),
        ["plain"] = "plain",
        ["empty"] = "",
    };

    private static readonly JsonSerializerOptions AsWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Texts { get; } = [.. All.Keys];

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_session_is_no_longer_than_is_counted(string of)
    {
        var text = All[of];
        Session session = new()
        {
            Id = text, Subject = text, ClientId = text, Audience = [text, text], Scope = text,
            Claims = JsonSerializer.Serialize(
                new Dictionary<string, object> { ["a" + text] = text, ["n"] = 1.5, ["l"] = new[] { text } }, AsWritten),
            Tags = [new("b" + text, text, Last), new("c" + text, text, Last)], Device = new(text, text, text),
            CreatedAt = LatestSecond, AuthenticatedAt = LatestSecond, LastRefreshedAt = LatestSecond, Generation = uint.MaxValue,
            IdleExpiresAt = LatestSecond, ExpiresAt = LatestSecond, Started = Last, RefreshKeyId = 255, Salt = new byte[16],
            EndedBy = Last, BlockedBy = Last,
        };

        var body = SessionBody.Of(session, 0, current: text);

        LengthOf(JsonSerializer.SerializeToUtf8Bytes(body, AuthorityJson.Default.SessionBody))
            .ShouldBeLessThanOrEqualTo(JsonLength.Of(session));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_revocation_is_no_longer_than_is_counted(string of)
    {
        var text = All[of];
        Revocation act = new()
        {
            Position = Last, At = LatestSecond, Issuer = text, Match = Match.Tag("n" + text, "v" + text),
            Effect = Effect.Reauthenticate, Second = LatestSecond - 1, Reason = text, Actor = text,
            RememberUntil = LatestSecond, LiftedBy = Last, Except = [text, text], Sessions = long.MaxValue,
        };

        LengthOf(JsonSerializer.SerializeToUtf8Bytes(RevocationAnswers.Of(act), RevocationJson.Default.RevocationAnswer))
            .ShouldBeLessThanOrEqualTo(JsonLength.Of(act));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_line_of_the_audit_trail_is_no_longer_than_is_counted(string of)
    {
        var text = All[of];
        AuditEntry entry = new()
        {
            Position = Last, At = LatestSecond, Actor = text, Action = text, Match = Match.Tag("n" + text, "v" + text),
            Effect = Effect.Reauthenticate, Reason = text, Subject = text, SessionId = text, Address = text, RequestId = text,
        };

        LengthOf(JsonSerializer.SerializeToUtf8Bytes(AuditEntryBody.Of(entry), AuthorityJson.Default.AuditEntryBody))
            .ShouldBeLessThanOrEqualTo(JsonLength.Of(entry));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_verifier_is_no_longer_than_is_counted(string of)
    {
        var text = All[of];
        StoredVerifier row = new(text, text, text, text, text, long.MaxValue, Last, LatestSecond);
        VerifierAnswer answer = new(
            row.Name, row.ClientId, row.Instance, row.Address, row.Version, 1d / 3, row.Position.Value, false, long.MinValue,
            DateTimeOffset.MaxValue, "late", long.MaxValue, long.MaxValue, "unproved",
            long.MaxValue);

        LengthOf(JsonSerializer.SerializeToUtf8Bytes(answer, VerifierJson.Default.VerifierAnswer))
            .ShouldBeLessThanOrEqualTo(JsonLength.Of(row));
    }

    // With a comma.
    private static long LengthOf(byte[] json) => json.Length + 1;
}
