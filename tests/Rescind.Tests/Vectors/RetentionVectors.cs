namespace Rescind.Tests.Vectors;

public sealed class RetentionVectors
{
    [Fact]
    public void Every_act_is_remembered_as_long_as_the_vectors_say()
    {
        var records = VectorFile.Read("retention.json").GetProperty("records");
        foreach (var one in VectorFile.Cases("retention.json"))
        {
            var match = Enum.Parse<MatchKind>(one.Text("match")!, ignoreCase: true);
            var until = Retention.RememberUntil(
                Match.From(match, match is MatchKind.Tag ? "n" : null, match is MatchKind.Issuer ? null : "v"),
                Enum.Parse<Effect>(one.Text("effect")!, ignoreCase: true),
                one.Number("at")!.Value,
                one.Number("second")!.Value,
                one.Number("token_expires"),
                one.Text("record") is { } name ? IssuerRecord.FromJson(records.GetProperty(name).GetRawText()) : null);

            until.ShouldBe(one.Number("remember_until")!.Value, one.Text("name"));
        }
    }
}
