using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;

namespace Rescind.Tests.Facts;

/// <summary>Logout tokens without each of their members, with null there, and with more than this version knows.</summary>
public sealed class LogoutTokenMembers
{
    private const long Now = 1_764_000_000;

    private static readonly IssuerRecord Record =
        TestLog.Record(own: false) with { LogoutAudiences = ["app"], Algorithms = ["RS256"] };

    private static readonly string Full = new JsonObject
    {
        ["iss"] = Record.Issuer, ["aud"] = "app", ["iat"] = Now, ["exp"] = Now + 60, ["jti"] = "j", ["sid"] = "s",
        ["sub"] = "alice", ["events"] = new JsonObject { [LogoutToken.Event] = new JsonObject() },
    }.ToJsonString();

    [Theory]
    [InlineData("iss", false)]
    [InlineData("aud", false)]
    [InlineData("iat", false)]
    [InlineData("exp", false)]
    [InlineData("jti", false)]
    [InlineData("events", false)]
    [InlineData("sid", true)]
    [InlineData("sub", true)]
    public void A_member_may_be_missing_only_if_another_says_who_is_meant_and_never_has_another_type(string name, bool isOptional)
    {
        IsTaken(claims => claims.Remove(name)).ShouldBe(isOptional);
        foreach (var value in new[] { "null", "true", "[]", "[null]", "{}", "{\"x\":null}", "-1", "1e400" })
        {
            IsTaken(claims => claims[name] = JsonNode.Parse(value)).ShouldBeFalse(value);
        }
    }

    [Fact]
    public void Without_anybody_who_is_meant_it_is_refused() => IsTaken(claims =>
    {
        claims.Remove("sid");
        claims.Remove("sub");
    }).ShouldBeFalse();

    [Fact]
    public void Members_that_are_not_known_are_ignored()
    {
        IsTaken(claims => claims["later"] = new JsonArray((JsonNode?)null)).ShouldBeTrue();
        IsTaken(claims => claims["events"]!["later"] = null).ShouldBeTrue();
        IsTaken(claims => claims["events"]![LogoutToken.Event]!["later"] = 1).ShouldBeTrue();
    }

    private static bool IsTaken(Action<JsonObject> change)
    {
        var claims = JsonNode.Parse(Full)!.AsObject();
        change(claims);
        var token = $"{Encode("""{"alg":"RS256","typ":"logout+jwt","kid":"k"}""")}.{Encode(claims.ToJsonString())}.{Encode("x")}";
        return CompactJws.TryRead(token, out var jws, out _) && LogoutToken.TryCreate(jws, Record, Now, out _, out _);
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
