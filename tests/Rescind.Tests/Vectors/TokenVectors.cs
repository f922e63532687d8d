using System.Text.Json;

namespace Rescind.Tests.Vectors;

public sealed class TokenVectors
{
    public static TheoryData<string> Names { get; } = [.. VectorFile.Cases("tokens.json").Select(one => one.Text("name")!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_token_is_read_or_refused_as_the_vectors_say(string name)
    {
        var file = VectorFile.Read("tokens.json");
        var one = file.GetProperty("cases").EnumerateArray().Single(candidate => candidate.Text("name") == name);
        var record = IssuerRecord.FromJson(file.GetProperty("records").GetProperty(one.Text("record")!).GetRawText());
        string[] faults = [.. one.GetProperty("faults").EnumerateArray().Select(fault => fault.GetString()!)];

        var isRead = CompactJws.TryRead(one.Text("token"), out var jws, out var fault);
        TokenFacts? facts = null;
        isRead = isRead && TokenFacts.TryCreate(jws!, record, null, out facts, out fault);

        isRead.ShouldBe(faults.Length == 0, fault.ToString());
        if (isRead)
        {
            SameFacts(facts!, one.GetProperty("facts"));
        }
        else
        {
            fault.ToString().ShouldBeOneOf(faults);
        }
    }

    private static void SameFacts(TokenFacts facts, JsonElement expected)
    {
        facts.Issuer.ShouldBe(expected.Text("issuer"));
        facts.TokenId.ShouldBe(expected.Text("token_id"));
        facts.SessionId.ShouldBe(expected.Text("session_id"));
        facts.Subject.ShouldBe(expected.Text("subject"));
        facts.ClientId.ShouldBe(expected.Text("client_id"));
        facts.KeyId.ShouldBe(expected.Text("key_id"));
        facts.ExpiresAt.ShouldBe(expected.Number("expires_at")!.Value);
        facts.IssuedAt.ShouldBe(expected.Number("issued_at"));
        facts.AuthTime.ShouldBe(expected.Number("auth_time"));
        facts.LogPosition.Value.ShouldBe(expected.Number("log_position")!.Value);
        facts.IsBound.ShouldBe(expected.GetProperty("bound").GetBoolean());
        facts.Token.ShouldBe(
            expected.Text("match") == "digest" ? Match.Digest(expected.Text("value")!) : Match.Token(expected.Text("value")!));
    }
}
