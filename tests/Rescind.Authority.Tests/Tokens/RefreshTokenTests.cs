using System.Buffers.Text;
using CsCheck;
using Rescind.Authority.Tests.Support;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Tests.Tokens;

public sealed class RefreshTokenTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private Issuance _issuance = null!;

    private RefreshTokens Tokens => _issuance.Refresh;

    public async ValueTask InitializeAsync() => _issuance = await Issuance.StartAsync(_folder.Path);

    public async ValueTask DisposeAsync()
    {
        await _issuance.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void A_token_is_75_characters_with_the_prefix_that_scanners_look_for() =>
        Tokens.Derive(_issuance.NewSession()).ShouldMatch("^rt_[A-Za-z0-9_-]{72}$");

    [Fact]
    public void The_same_generation_always_has_the_same_token_and_another_has_another() =>
        Gen.UInt[1, uint.MaxValue - 1].Sample(generation =>
        {
            var session = _issuance.NewSession() with { Generation = generation };
            Tokens.Derive(session).ShouldBe(Tokens.Derive(session with { Subject = "somebody else", LastRefreshedAt = 1 }));
            Tokens.Derive(session).ShouldNotBe(Tokens.Derive(session with { Generation = generation + 1 }));
        });

    [Fact]
    public void What_was_derived_reads_back_and_is_genuine() => Gen.UInt[1, uint.MaxValue].Sample(generation =>
    {
        var session = _issuance.NewSession() with { Generation = generation };
        Tokens.TryRead(Tokens.Derive(session), out var presented).ShouldBeTrue();
        (presented.SessionId, presented.Generation, presented.KeyId).ShouldBe((session.Id, generation, session.RefreshKeyId));
        Tokens.IsGenuine(presented, session).ShouldBeTrue();
    });

    [Fact]
    public void It_is_genuine_for_a_later_generation_of_its_session_too_so_that_reuse_can_be_told()
    {
        var session = _issuance.NewSession();
        Tokens.TryRead(Tokens.Derive(session), out var presented).ShouldBeTrue();
        Tokens.IsGenuine(presented, session with { Generation = 9 }).ShouldBeTrue();
    }

    [Fact]
    public void It_is_not_genuine_under_another_salt_session_or_key()
    {
        var session = _issuance.NewSession();
        Tokens.TryRead(Tokens.Derive(session), out var presented).ShouldBeTrue();

        Tokens.IsGenuine(presented, session with { Salt = new byte[16] }).ShouldBeFalse();
        Tokens.IsGenuine(presented, session with { Id = _issuance.NewSession().Id }).ShouldBeFalse();
        Tokens.IsGenuine(presented, session with { RefreshKeyId = 2 }).ShouldBeFalse();
        Tokens.IsGenuine(presented with { Generation = 2 }, session).ShouldBeFalse();
    }

    [Fact]
    public void No_changed_character_is_read()
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= %\0é";
        var token = Tokens.Derive(_issuance.NewSession());
        Gen.Select(Gen.Int[0, token.Length - 1], Gen.Char[alphabet]).Where(bent => token[bent.Item1] != bent.Item2).Sample(bent =>
            Tokens.TryRead(token[..bent.Item1] + bent.Item2 + token[(bent.Item1 + 1)..], out _).ShouldBeFalse());
    }

    [Fact]
    public void No_shorter_or_longer_text_is_read()
    {
        var token = Tokens.Derive(_issuance.NewSession());
        Gen.Int[0, token.Length - 1].Sample(length => Tokens.TryRead(token.AsSpan(0, length), out _).ShouldBeFalse());
        Gen.String[1, 200].Sample(more => Tokens.TryRead(token + more, out _).ShouldBeFalse());
        Gen.String[0, 200].Sample(text => Tokens.TryRead(text, out _).ShouldBeFalse());
    }

    [Fact]
    public void A_forger_without_the_server_key_passes_no_gate() => Gen.Byte.Array[54].Sample(bytes =>
    {
        (bytes[0], bytes[1]) = (1, Tokens.CurrentKeyId);
        Tokens.TryRead("rt_" + Base64Url.EncodeToString(bytes), out _).ShouldBeFalse();
    });

    [Fact]
    public async Task A_token_of_another_installation_is_not_read()
    {
        using var folder = new TemporaryFolder();
        await using var other = await Issuance.StartAsync(folder.Path);

        Tokens.TryRead(other.Refresh.Derive(other.NewSession()), out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_token_outlives_a_restart()
    {
        var session = _issuance.NewSession();
        var token = Tokens.Derive(session);
        await _issuance.DisposeAsync();
        _issuance = await Issuance.StartAsync(_folder.Path);

        Tokens.Derive(session).ShouldBe(token);
    }
}
