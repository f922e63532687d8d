using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

public sealed class Secrecy
{
    [Fact]
    public async Task No_token_ever_gets_into_a_log_line()
    {
        var log = new FakeLog();
        await using var api = await Api.StartAsync(log);
        var position = log.End(Match.Token("revoked"));
        await Eventually.Async(() => api.Status.Position >= position);
        var good = log.Mint();
        string[] tokens =
        [
            good, good + "==", good[..^4] + "AAAA", log.Mint(new { jti = "revoked" }), log.Mint(new { aud = "other" }),
            log.Mint(key: new SigningKey()),
            log.Mint(new { iat = Minting.Now - 900, exp = Minting.Now - 100 }),
            "a-secret-that-is-no-token",
        ];

        foreach (var token in tokens)
        {
            using var answer = await api.GetAsync(token);
        }

        var lines = api.Logs.GetSnapshot().Select(record => record.Message + record.Exception).ToList();
        lines.Count.ShouldBeGreaterThan(tokens.Length);
        lines.ShouldNotContain(
            line => tokens.Any(token => token.Split('.').Any(part => line.Contains(part, StringComparison.Ordinal))));
        lines.ShouldContain(line => line.Contains(position.ToRevocationId(), StringComparison.Ordinal));
    }
}
