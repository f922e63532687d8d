using System.Text.Json.Nodes;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Conformance.Support;

/// <summary>One verifying API, and the log that it follows, for all tests of a class that do not disturb each other.</summary>
public sealed class SharedApi : IAsyncLifetime
{
    internal FakeLog Log { get; } = new();

    internal Api Api { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Api = await Api.StartAsync(Log);

    public ValueTask DisposeAsync() => Api.DisposeAsync();

    /// <summary>Fails unless the token is refused in the one way that tells a stranger nothing.</summary>
    internal async Task ShouldRefuseAsync(string token)
    {
        using var answer = await Api.GetAsync(token);
        answer.ShouldBeDead();
    }

    /// <summary>
    /// A signed token of exactly this header, and of a payload that is right but for what <paramref name="more"/> puts first.
    /// </summary>
    internal string Sign(string header, string more = "", object? claims = null)
    {
        var payload = JsonNode.Parse(
            System.Buffers.Text.Base64Url.DecodeFromChars(Log.Mint(claims).Split('.')[1]))!.ToJsonString();
        return Log.Key.Sign(header, "{" + more + payload[1..]);
    }

    internal string Header(string more = "") => $$"""{{{more}}"alg":"ES256","typ":"at+jwt","kid":"{{Log.Key.KeyId}}"}""";
}
