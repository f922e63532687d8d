using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Tests.Vectors;
using Rescind.Verifier.Authentication;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

/// <summary>
/// Which keys verify tokens, as <c>vectors/keys.json</c> says it: a scheme of its own for each case, and one request.
/// </summary>
public sealed class KeyVectors
{
    private static readonly JsonElement Vectors = VectorFile.Read("keys.json");

    [Fact]
    public async Task Every_key_set_verifies_what_the_vectors_say()
    {
        var cases = VectorFile.Cases("keys.json").ToList();
        var log = new FakeLog();
        var record = IssuerRecord.FromJson(Vectors.GetProperty("record").GetRawText());
        log.Register(record);
        await using var api = await Api.StartAsync(new()
        {
            Feed = log,
            Schemes = schemes => cases.ForEach(one => Add(schemes, one, record.Issuer)),
            Routes = static app => app.MapGet("/one", static async (HttpContext context) =>
            {
                await context.AuthenticateAsync(context.Request.Query["name"]!);
                return context.Features.Get<IVerdictFeature>()?.Verdict.Kind.ToString() ?? "";
            }),
        });

        foreach (var one in cases)
        {
            using var answer = await api.GetAsync(one.Text("token"), "/one?name=" + Uri.EscapeDataString(one.Text("name")!));
            (await answer.Content.ReadAsStringAsync()).ShouldBe(
                one.GetProperty("verifies").ValueKind is JsonValueKind.True ? "Valid" : "", one.Text("name"));
        }
    }

    private static void Add(AuthenticationBuilder schemes, JsonElement one, string issuer) =>
        schemes.AddJwtBearer(one.Text("name")!, jwt =>
        {
            (jwt.Authority, jwt.Audience, jwt.BackchannelHttpHandler) =
                (issuer, "orders", new Publication(issuer, one.Text("jwks")!));
        }).AddRevocation();

    public static TheoryData<string> Own { get; } = [.. VectorFile.Cases("keys.json", "own").Select(one => one.Text("name")!)];

    [Theory]
    [MemberData(nameof(Own))]
    public void Which_of_our_own_keys_is_meant_is_what_the_vectors_say(string name)
    {
        var one = VectorFile.Cases("keys.json", "own").Single(candidate => candidate.Text("name") == name);
        var replica = OwnReplica.Of(one, Vectors.GetProperty("own_record"));
        var keys = new VerificationKeys(
            replica, Microsoft.Extensions.Options.Options.Create(new VerifierOptions()),
            Microsoft.Extensions.Logging.Abstractions.NullLogger<VerificationKeys>.Instance);
        CompactJws.TryRead(one.Text("token"), out var jws, out _).ShouldBeTrue();
        TokenFacts.TryCreate(jws!, replica.Replica.OwnIssuer!, null, out var facts, out _).ShouldBeTrue();

        var search = keys.FindOwn(new(jws!.Issuer!, jws.KeyId, jws.Algorithm), facts!);

        (search.Key is not null ? "found" : search.Failure.ToString().ToLowerInvariant()).ShouldBe(one.Text("key"));
    }

    private sealed class Publication(string issuer, string keys) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var isKeys = request.RequestUri!.AbsolutePath.EndsWith("/keys", StringComparison.Ordinal);
            var text = isKeys ? keys : JsonSerializer.Serialize(new { issuer, jwks_uri = issuer + "/keys" });
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(text) });
        }
    }
}
