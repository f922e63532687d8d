using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Tokens;

public sealed class OwnTokenTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private Issuance _issuance = null!;

    public async ValueTask InitializeAsync() => _issuance = await Issuance.StartAsync(_folder.Path);

    public async ValueTask DisposeAsync()
    {
        await _issuance.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void A_token_of_ours_is_read_with_its_audience_and_scopes()
    {
        var read = _issuance.Own.Read(Token())!;
        read.Verdict.IsValid.ShouldBeTrue();
        read.Audience.ShouldBe(["orders"]);
        read.Scopes.ShouldBe(["orders.read", "orders.write"]);
    }

    [Fact]
    public void A_token_that_is_read_twice_is_the_same_token() =>
        _issuance.Own.Read(Token() is var text ? text : null)!.Facts.Token.ShouldBe(_issuance.Own.Read(text)!.Facts.Token);

    [Fact]
    public async Task Ended_tokens_sessions_and_subjects_are_revoked_in_the_same_moment()
    {
        foreach (var name in new[] { "token", "session", "subject" })
        {
            var session = _issuance.NewSession(subject: name);
            var token = _issuance.Tokens.IssueFor(session, _issuance.Head);
            await _issuance.EndAsync(name switch
            {
                "token" => Match.Token(token.Id),
                "session" => Match.Session(session.Id),
                _ => Match.Subject(session.Subject),
            });

            _issuance.Own.Read(token.Text)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
        }
    }

    [Fact]
    public async Task A_token_from_after_the_end_of_its_subject_lives_and_one_from_before_dies_within_one_second()
    {
        var before = _issuance.Tokens.IssueFor(_issuance.NewSession(), _issuance.Head);
        await _issuance.EndAsync(Match.Subject("alice"));
        var after = _issuance.Tokens.IssueFor(_issuance.NewSession(), _issuance.Head);

        _issuance.Own.Read(before.Text)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
        _issuance.Own.Read(after.Text)!.Verdict.IsValid.ShouldBeTrue();
    }

    [Fact]
    public void An_expired_one_is_still_read_so_that_a_late_logout_works()
    {
        var token = Token();
        _issuance.Time.Advance(_issuance.Options.AccessTokenLifetime + TimeSpan.FromSeconds(31));
        _issuance.Own.Read(token)!.Verdict.Kind.ShouldBe(VerdictKind.Expired);
    }

    [Fact]
    public void No_changed_character_is_read()
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/= ";
        var token = Token();
        Gen.Select(Gen.Int[0, token.Length - 1], Gen.Char[alphabet]).Where(bent => token[bent.Item1] != bent.Item2).Sample(bent =>
            _issuance.Own.Read(token[..bent.Item1] + bent.Item2 + token[(bent.Item1 + 1)..]).ShouldBeNull());
    }

    [Fact]
    public void No_shorter_or_longer_text_is_read()
    {
        var token = Token();
        Gen.Int[0, token.Length - 1].Sample(length => _issuance.Own.Read(token.AsSpan(0, length)).ShouldBeNull());
        Gen.String[1, 50].Sample(more => _issuance.Own.Read(token + more).ShouldBeNull());
    }

    [Fact]
    public void A_token_of_another_issuer_type_key_or_algorithm_is_none_of_ours()
    {
        var key = _issuance.Keys.Active;
        _issuance.Own.Read(Sign(Header(), Payload())).ShouldNotBeNull();

        _issuance.Own.Read(Sign(Header(), Payload(issuer: Issuance.Issuer + "/"))).ShouldBeNull();
        _issuance.Own.Read(Sign(Header(type: "JWT"), Payload())).ShouldBeNull();
        _issuance.Own.Read(Sign(Header(algorithm: "RS256"), Payload())).ShouldBeNull();
        _issuance.Own.Read(Sign(Header(algorithm: "none"), Payload())).ShouldBeNull();
        _issuance.Own.Read(Sign(Header(kid: "unknown"), Payload())).ShouldBeNull();
        _issuance.Own.Read(Sign(Header(kid: _issuance.Keys.Keys.First(other => other != key).Id), Payload())).ShouldBeNull();
    }

    [Fact]
    public void A_signature_of_another_key_or_length_is_none_of_ours()
    {
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var input = $"{Encode(Header())}.{Encode(Payload())}";
        var foreign = stranger.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256);

        _issuance.Own.Read($"{input}.{Base64Url.EncodeToString(foreign)}").ShouldBeNull();
        _issuance.Own.Read($"{input}.").ShouldBeNull();
        Gen.Byte.Array[0, 200].Sample(bytes => _issuance.Own.Read($"{input}.{Base64Url.EncodeToString(bytes)}").ShouldBeNull());
    }

    private string Token() => _issuance.Tokens.IssueFor(_issuance.NewSession(), _issuance.Head).Text;

    private string Header(string type = "at+jwt", string algorithm = "ES256", string? kid = null) =>
        $$"""{"typ":"{{type}}","alg":"{{algorithm}}","kid":"{{kid ?? _issuance.Keys.Active.Id}}"}""";

    private string Payload(string issuer = Issuance.Issuer)
    {
        var now = _issuance.Time.GetUtcNow().ToUnixTimeSeconds();
        var dates = $"\"iat\":{now},\"exp\":{now + 60},\"auth_time\":{now}";
        return $$"""{"iss":"{{issuer}}","sub":"alice","aud":"orders","client_id":"web","sid":"s","jti":"t",{{dates}}}""";
    }

    private string Sign(string header, string payload)
    {
        var input = $"{Encode(header)}.{Encode(payload)}";
        return $"{input}.{Base64Url.EncodeToString(_issuance.Keys.Active.Sign(Encoding.ASCII.GetBytes(input)))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
