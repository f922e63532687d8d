using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using Rescind.Authority;
using Rescind.Authority.Issuers;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;
using Rescind.Foreign.Tests.Support;

namespace Rescind.Foreign.Tests.Handmade;

/// <summary>An issuer that is no more than its keys, and an Authority whose clock stands still.</summary>
public sealed class PacedLogouts : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly LogLines _lines = new();
    private readonly RsaSecurityKey _key = OpenIddictIssuer.NewKey("signing");
    private AuthorityHost _authority = null!;
    private KeyServer _issuer = null!;

    public async ValueTask InitializeAsync()
    {
        _issuer = await KeyServer.StartAsync(context => context.Response.WriteAsync(Published()));
        _authority = await AuthorityHost.StartAsync(
            services => services.AddSingleton<TimeProvider>(_time).AddSingleton<ILoggerProvider>(_lines)
                .Configure<AuthorityOptions>(options => options.LogoutBurst = 2),
            url: FreeUrl.Next());
        await _authority.Get<IRegistryStore>().SaveIssuerAsync(
            new()
            {
                Issuer = _issuer.Url, Limits = new(600, 86_400, 0, 30), Types = ["at+jwt"], Algorithms = ["RS256"],
                JwksUri = _issuer.Url + "/keys", LogoutAudiences = [LogoutTokens.Audience],
            },
            AuditContext.System,
            CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _authority.DisposeAsync();
        await _issuer.DisposeAsync();
        _lines.Dispose();
    }

    [Fact]
    public async Task Past_its_burst_an_issuer_is_told_when_to_come_again_and_then_it_may()
    {
        var limiter = _authority.Get<IssuerRateLimiter>();
        while (limiter.TryTake(_issuer.Url))
        {
        }

        var (token, before) = (Token("session-1"), _authority.Tail.Head);
        var early = await LogOutAsync(token);
        var nothing = _authority.Tail.Head;
        _time.Advance(TimeSpan.FromSeconds(1));

        early.ShouldBeOAuthError(HttpStatusCode.TooManyRequests, "temporarily_unavailable");
        (early["code"], early.Response.Headers.RetryAfter!.Delta).ShouldBe(("RSC1604", TimeSpan.FromSeconds(1)));
        nothing.ShouldBe(before);
        (await LogOutAsync(token)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_is_not_genuine_does_not_use_up_the_issuers_share()
    {
        var forged = LogoutTokens.Sign(OpenIddictIssuer.NewKey("signing"), _issuer.Url, "session-2", Now);
        for (var i = 0; i <= IssuerRateLimiter.Burst; i++)
        {
            (await LogOutAsync(forged)).Status.ShouldBe(HttpStatusCode.BadRequest);
        }

        (await LogOutAsync(Token("session-2"))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_burst_of_logouts_is_told_to_operators_by_the_name_of_the_issuer()
    {
        await LogOutAsync(Token("session-3"));
        var before = _lines.Count(1805);
        await LogOutAsync(Token("session-4"));

        (before, _lines.Count(1805)).ShouldBe((0, 1));
        _lines.Text.ShouldContain("issuer:" + _issuer.Url);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    private string Token(string session) => LogoutTokens.Sign(_key, _issuer.Url, session, Now);

    private Task<Answer> LogOutAsync(string token) => _authority.PostFormAsync("/backchannel-logout", "logout_token=" + token);

    // Among keys of a kind that nobody knows, for another use, without a name, or without their numbers (JWK-2).
    private string Published()
    {
        var numbers = _key.Rsa.ExportParameters(false);
        var (n, e) = (Base64UrlEncoder.Encode(numbers.Modulus), Base64UrlEncoder.Encode(numbers.Exponent));
        object[] keys =
        [
            new { kty = "lattice", kid = "signing", use = "sig" },
            new { kty = "RSA", kid = "signing", use = "enc", n, e }, new { kty = "RSA", n, e },
            new { kty = "EC", kid = "signing", crv = "P-256" },
            new { kty = "RSA", kid = "signing", use = "sig", alg = "RS256", n, e },
        ];
        return JsonSerializer.Serialize(new { keys });
    }
}
