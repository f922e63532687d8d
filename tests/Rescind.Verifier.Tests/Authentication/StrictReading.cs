using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

/// <summary>What the strict reader, the issuer's record and the signature refuse: 401, one description (AT-8, T-26, T-30).</summary>
public sealed class StrictReading : IAsyncLifetime
{
    private readonly FakeLog _log = new();
    private Api _api = null!;

    public static TheoryData<string> Cases { get; } = new(
        "garbage", "two segments", "padded", "blank inside", "trailing byte", "crit", "duplicate member", "wrong audience", "no audience",
        "wrong typ", "no typ", "no kid", "unknown kid", "wrong issuer", "no issuer", "alg none", "alg HS256", "bad signature",
        "other key under our kid", "no exp", "iat in the future", "lives too long", "kid of 300 characters", "jwk in the header");

    public async ValueTask InitializeAsync() => _api = await Api.StartAsync(_log);

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Is_refused_with_one_neutral_description(string name)
    {
        using var answer = await _api.GetAsync(Make(name));

        answer.ShouldBeDead();
    }

    [Fact]
    public async Task The_media_type_of_a_token_is_compared_as_one()
    {
        (await _api.StatusAsync(_log.Mint(header: new { typ = "application/AT+jwt" }))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Two_authorization_headers_are_an_invalid_request()
    {
        // On a raw connection: HttpClient would join the two.
        using var connection = new TcpClient();
        await connection.ConnectAsync(_api.Http.BaseAddress!.Host, _api.Http.BaseAddress.Port);
        var header = $"Authorization: Bearer {_log.Mint()}\r\n";
        var request = $"GET /orders HTTP/1.1\r\nHost: a\r\n{header}{header}Connection: close\r\n\r\n";
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(connection.GetStream());
        var answer = await reader.ReadToEndAsync();

        answer.ShouldStartWith("HTTP/1.1 400 ");
        answer.ShouldContain("error=\"invalid_request\"");
    }

    private string Make(string name)
    {
        var good = _log.Mint();
        var header = $$"""{"alg":"ES256","typ":"at+jwt","kid":"{{_log.Key.KeyId}}"}""";
        return name switch
        {
            "garbage" => "not.a.token!",
            "two segments" => good[..good.LastIndexOf('.')],
            "padded" => good + "==",
            "blank inside" => good.Insert(20, " "),
            "trailing byte" => good + ".",
            "crit" => _log.Mint(header: new { crit = new[] { "exp" } }),
            "duplicate member" => _log.Key.Sign(header, $$"""{"sub":"a","sub":"alice","iss":"{{FakeLog.Issuer}}"}"""),
            "wrong audience" => _log.Mint(new { aud = "other" }),
            "no audience" => _log.Mint(new { aud = (string?)null }),
            "wrong typ" => _log.Mint(header: new { typ = "logout+jwt" }),
            "no typ" => _log.Mint(header: new { typ = (string?)null }),
            "no kid" => _log.Mint(header: new { kid = (string?)null }),
            "unknown kid" => _log.Mint(key: new SigningKey()),
            "wrong issuer" => _log.Mint(new { iss = FakeLog.Issuer + "/" }),
            "no issuer" => _log.Mint(new { iss = (string?)null }),
            "alg none" => _log.Mint(header: new { alg = "none" }),
            "alg HS256" => _log.Mint(header: new { alg = "HS256" }),
            "bad signature" => good[..^4] + (good.EndsWith("AAAA", StringComparison.Ordinal) ? "BBBA" : "AAAA"),
            "other key under our kid" => new SigningKey().Sign(header, "{\"iss\":\"" + FakeLog.Issuer + "\"," + Payload(good)[1..]),
            "no exp" => _log.Mint(new { exp = (long?)null }),
            "iat in the future" => _log.Mint(new { iat = Minting.Now + 200 }),
            "lives too long" => _log.Mint(new { exp = Minting.Now + 4000 }),
            "kid of 300 characters" => _log.Mint(header: new { kid = new string('k', 300) }),
            "jwk in the header" => _log.Mint(header: new { jwk = new { kty = "EC" } }),
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
    }

    private static string Payload(string token) =>
        Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token.Split('.')[1]))
            .Replace($"\"iss\":\"{FakeLog.Issuer}\",", "", StringComparison.Ordinal);
}
