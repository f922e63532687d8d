using System.Security.Claims;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// That exactly this text passed the framework's handler: under this key, this record of its issuer and these settings. Says
/// nothing of dates, revocation or freshness. Safe for concurrent use: what is handed out is a copy, which nobody else has.
/// </summary>
internal sealed class VerifiedToken
{
    private readonly ClaimsIdentity _identity;
    private readonly string? _issuer;
    private readonly string? _type;
    private ReadToken? _token;

    /// <summary>Remembers a result of the framework's handler, before anybody else has it.</summary>
    public VerifiedToken(
        string text, NamedKey named, SecurityKey key, IssuerRecord record, TokenFacts facts, ValidationSettings settings,
        TokenValidationResult result)
    {
        (Text, Named, Key, Record, Facts, Settings) = (text, named, key, record, facts, settings);
        (_identity, _issuer, _type) = (result.ClaimsIdentity.Clone(), result.Issuer, result.TokenType);
    }

    /// <summary>The token, every character of it.</summary>
    public string Text { get; }

    public NamedKey Named { get; }

    public SecurityKey Key { get; }

    public IssuerRecord Record { get; }

    public TokenFacts Facts { get; }

    public ValidationSettings Settings { get; }

    /// <summary>Set by the memory: whether it was sent more than once.</summary>
    public bool IsBusy { get; set; }

    /// <summary>Set by whoever finds it, cleared by the memory as it looks for what to forget.</summary>
    public bool WasUsed { get; set; }

    /// <summary>The result once more, of objects that the caller may change.</summary>
    public TokenValidationResult ToResult() => new()
    {
        IsValid = true,
        ClaimsIdentity = _identity.Clone(),
        SecurityToken = (_token ??= new(Text)).Copy(Key),
        Issuer = _issuer,
        TokenType = _type,
    };

    // Its members are read once; its claims, which can be changed, are made for each who asks.
    private sealed class ReadToken(string text) : JsonWebToken(text)
    {
        public override IEnumerable<Claim> Claims => [.. base.Claims.Select(static claim => claim.Clone())];

        public ReadToken Copy(SecurityKey key)
        {
            var copy = (ReadToken)MemberwiseClone();
            copy.SigningKey = key;
            return copy;
        }
    }
}
