using System.Net;
using System.Text.Json.Nodes;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Feeding;

/// <summary>
/// Records of issuers as another version of an Authority may have written them. What each means is in
/// <c>vectors/issuers.json</c>.
/// </summary>
public sealed class OtherRecords
{
    private static readonly IssuerRecord Full = new()
    {
        Issuer = FakeLog.Issuer, Own = true, Limits = FakeLog.Limits, EarlierLimits = FakeLog.Limits, ChangedAt = 1,
        SendsAuthTime = true,
        Types = ["at+jwt"], Algorithms = ["ES256"], JwksUri = "https://issuer.test/keys", LogoutAudiences = ["rescind"],
    };

    [Fact]
    public async Task Tokens_are_taken_whatever_optional_member_a_record_leaves_out()
    {
        var log = new FakeLog();
        await using var api = await Api.StartAsync(log);
        string[] required = ["issuer", "limits", "types", "algorithms"];
        var members = Members().Select(member => member.Key).Except(required).ToList();
        Action<JsonObject, string>[] changes = [(json, name) => json.Remove(name), (json, name) => json[name] = null];
        foreach (var change in changes)
        {
            foreach (var name in members)
            {
                var record = Members();
                change(record, name);

                await RegisterAsync(api, log, record.ToJsonString());

                // Without it nobody knows whose positions count.
                var expected = name == "own" ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK;
                (await api.StatusAsync(log.Mint())).ShouldBe(expected, name);
            }
        }

        api.Status.NeedsUpgrade.ShouldBeFalse();
    }

    [Fact]
    public async Task Tokens_are_taken_under_the_largest_numbers_that_a_record_can_have()
    {
        var log = new FakeLog();
        await using var api = await Api.StartAsync(log);
        const long Most = LogPosition.MaxValue;
        var record = Full with
        {
            Limits = new(Most, Most, Most, Most), EarlierLimits = new(Most, Most, Most, Most), ChangedAt = Most,
        };

        await RegisterAsync(api, log, record.ToJson());

        (await api.StatusAsync(log.Mint())).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task One_record_that_cannot_be_read_leaves_the_whole_verifier_unknowing_and_the_dead_refused()
    {
        var log = new FakeLog();
        await using var api = await Api.StartAsync(log);
        var (dead, living) = (log.Mint(new { jti = "dead" }), log.Mint());

        log.End(Match.Token("dead"));
        await RegisterAsync(api, log, """{"issuer":"https://another.example","limits":{}}""", "https://another.example");

        api.Status.NeedsUpgrade.ShouldBeTrue();
        (await api.StatusAsync(living)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await api.StatusAsync(dead)).ShouldBe(HttpStatusCode.Unauthorized);
        api.Logs.GetSnapshot().Count(record => record.Id.Id == 3205).ShouldBe(1);
    }

    private static JsonObject Members() => JsonNode.Parse(Full.ToJson())!.AsObject();

    private static async Task RegisterAsync(Api api, FakeLog log, string record, string issuer = FakeLog.Issuer)
    {
        var position = log.Register(issuer, record);
        await Eventually.Async(() => api.Status.Position >= position);
    }
}
