using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// Reads the token strictly before the framework does, finds the one key that it names, and leaves the signature to the
/// framework's handler under parameters that the issuer's record dictates (BCP-1 to BCP-4, T-4). The framework's own
/// reader takes padding, blanks, duplicate names and unknown <c>crit</c>.
/// </summary>
internal sealed class StrictTokenHandler(
    TokenHandler inner, IssuerTrust trust, VerificationKeys keys, VerifiedTokens verified, TimeProvider time, ILogger logger)
    : TokenHandler
{
    public override int MaximumTokenSizeInBytes
    {
        get => inner.MaximumTokenSizeInBytes;
        set => inner.MaximumTokenSizeInBytes = value;
    }

    public override SecurityToken ReadToken(string token) => inner.ReadToken(token);

    public override Task<TokenValidationResult> ValidateTokenAsync(
        SecurityToken token, TokenValidationParameters validationParameters) =>
        Task.FromResult(Refuse(VerdictKind.Invalid, "only text is read strictly"));

    public override async Task<TokenValidationResult> ValidateTokenAsync(
        string token, TokenValidationParameters validationParameters)
    {
        var settings = ValidationSettings.Of(inner, validationParameters);
        return settings is not null && verified.TryFind(token, out var known)
            && await IsStillGoodAsync(known, settings.Value, validationParameters).ConfigureAwait(false)
            ? Accept(known)
            : await VerifyAsync(token, settings, validationParameters).ConfigureAwait(false);
    }

    // Everything but what the text alone decides, under the same key and record, is looked at anew. The dates are what the
    // framework looks at as well: its words for a token that has run out stay as they are.
    private async ValueTask<bool> IsStillGoodAsync(
        VerifiedToken known, ValidationSettings settings, TokenValidationParameters parameters)
    {
        var (facts, record) = (known.Facts, known.Record);
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        if (known.Settings.IsSameAs(settings)
            && FindRecord(facts.Issuer, out var current) is VerdictKind.Undecided && ReferenceEquals(current, record)
            && now < facts.ExpiresAt + record.Limits.Leeway && !(facts.NotBefore > now + record.Limits.Leeway))
        {
            var search = await FindKeyAsync(known.Text, known.Named, record, facts, parameters).ConfigureAwait(false);
            if (ReferenceEquals(search.Key, known.Key))
            {
                return true;
            }
        }

        verified.Remove(known);
        return false;
    }

    private static TokenValidationResult Accept(VerifiedToken known)
    {
        var result = known.ToResult();
        Note(result, known.Facts, known.Text);
        return result;
    }

    private async Task<TokenValidationResult> VerifyAsync(
        string token, ValidationSettings? settings, TokenValidationParameters validationParameters)
    {
        if (!CompactJws.TryRead(token, out var jws, out var fault))
        {
            return Refuse(VerdictKind.Invalid, fault);
        }

        if (FindRecord(jws.Issuer, out var record) is var unfit and not VerdictKind.Undecided)
        {
            return Refuse(unfit, "its issuer is not one of this scheme");
        }

        if (record is null)
        {
            var expected = await ExpectedIssuers.JudgeAsync(jws.Issuer!, token, inner, validationParameters)
                .ConfigureAwait(false);
            return RefuseUnregistered(expected);
        }

        // The types and algorithms of the record, before any signature is computed.
        if (!TokenFacts.TryCreate(jws, record, null, out var facts, out fault))
        {
            return Refuse(VerdictKind.Invalid, fault);
        }

        // As a plain bearer token it would be of use to whoever stole it (RFC 9449 7.2).
        if (facts.IsBound && !trust.TakesBound)
        {
            return Refuse(VerdictKind.Invalid, "it is bound to a key, and the scheme does not say that the app verifies that");
        }

        var named = new NamedKey(record.Issuer, jws.KeyId, jws.Algorithm);
        var search = await FindKeyAsync(token, named, record, facts, validationParameters).ConfigureAwait(false);
        if (search.Key is null)
        {
            // A key that cannot be had now says nothing of an issuer that the scheme would refuse in any case.
            return search.Failure is VerdictKind.Unknown && !record.Own
                && await ExpectedIssuers.JudgeAsync(record.Issuer, token, inner, validationParameters)
                    .ConfigureAwait(false) is VerdictKind.Invalid
                ? Refuse(VerdictKind.Invalid, "its issuer is not one of this scheme")
                : Refuse(search.Failure, "its key is not known or not fit", search.RetryAfter);
        }

        if (!record.Own && !TokenFacts.TryCreate(jws, record, search.Thumbprint, out facts, out fault))
        {
            return Refuse(VerdictKind.Invalid, fault);
        }

        var result = await inner.ValidateTokenAsync(token, Dictated(validationParameters, record, search.Key))
            .ConfigureAwait(false);
        if (result.IsValid && settings is not null && search.Key is not X509SecurityKey)
        {
            verified.Add(new(token, named, search.Key, record, facts, settings.Value, result));
        }

        Note(result, facts, token);
        return result;
    }

    private async ValueTask<KeySearch> FindKeyAsync(
        string token, NamedKey named, IssuerRecord record, TokenFacts facts, TokenValidationParameters parameters) =>
        record.Own ? keys.FindOwn(named, facts)
            : await keys.FindForeignAsync(token, named, inner, parameters).ConfigureAwait(false);

    /// <summary>The record of the token's issuer, null if it has none, or why the token is not one for this scheme.</summary>
    private VerdictKind FindRecord(string? issuer, out IssuerRecord? record)
    {
        record = null;
        if (issuer is null)
        {
            return VerdictKind.Invalid;
        }

        var replica = keys.Replica;
        if (!replica.IsReady || replica.OwnIssuer is not { } own)
        {
            return VerdictKind.Unknown;
        }

        if (trust.OwnOnly && own.Issuer != issuer)
        {
            return VerdictKind.Invalid;
        }

        record = replica.FindIssuer(issuer);
        return record is { Own: true } && !trust.TakesOwn(record) ? VerdictKind.Invalid : VerdictKind.Undecided;
    }

    private TokenValidationResult RefuseUnregistered(VerdictKind kind)
    {
        if (kind is VerdictKind.Unknown)
        {
            VerifierLog.IssuerUnknown(logger);
        }

        return Refuse(kind, "its issuer is not registered");
    }

    private static TokenValidationParameters Dictated(TokenValidationParameters given, IssuerRecord record, SecurityKey key)
    {
        var dictated = given.Clone();
        // An app is refused these at the start (FixedParameters), unless it sets them after that.
        dictated.RequireSignedTokens = true;
        dictated.SignatureValidator = null;
        dictated.SignatureValidatorUsingConfiguration = null;
        dictated.RequireExpirationTime = true;
        dictated.ValidateLifetime = true;
        // This key and no other: by name the framework would look among those of the metadata as well.
        dictated.IssuerSigningKeyResolver = (_, _, _, _) => [key];
        dictated.IssuerSigningKeyResolverUsingConfiguration = null;
        dictated.IssuerSigningKeys = null;
        dictated.IssuerSigningKey = null;
        dictated.TryAllIssuerSigningKeys = false;
        // The facts were taken under the algorithms and types of the record (AT-1); what the app says of them makes them fewer.
        dictated.ClockSkew = TimeSpan.FromSeconds(Math.Min(record.Limits.Leeway, TokenFacts.MaxDate));
        if (record.Own)
        {
            TrustOwn(dictated, record);
        }

        return dictated;
    }

    // Own tokens need no metadata at all: issuer and keys are in the log.
    private static void TrustOwn(TokenValidationParameters dictated, IssuerRecord own)
    {
        dictated.ConfigurationManager = null;
        dictated.ValidateIssuer = true;
        dictated.IssuerValidator = null;
        dictated.IssuerValidatorUsingConfiguration = null;
        dictated.ValidIssuers = null;
        dictated.ValidIssuer = own.Issuer;
        if (string.IsNullOrEmpty(dictated.ValidAudience) && dictated.ValidAudiences?.Any() != true)
        {
            // An app that is its own Authority is its issuer's own audience.
            dictated.ValidAudience = own.Issuer;
        }
    }

    private static void Note(TokenValidationResult result, TokenFacts facts, string token)
    {
        if (AuthenticationState.Current is not { } state)
        {
            return;
        }

        if (result.IsValid)
        {
            (state.Facts, state.Text) = (facts, token);
        }
        else
        {
            state.Kind = result.Exception is SecurityTokenExpiredException ? VerdictKind.Expired : VerdictKind.Invalid;
        }
    }

    private TokenValidationResult Refuse(VerdictKind kind, TokenFault fault) => Refuse(kind, fault.ToString());

    private TokenValidationResult Refuse(VerdictKind kind, string why, TimeSpan retryAfter = default)
    {
        VerifierLog.NotRead(logger, why);
        if (AuthenticationState.Current is { } state)
        {
            (state.Kind, state.RetryAfter) = (kind, retryAfter);
        }

        return new() { IsValid = false, Exception = new TokenRefusedException(kind, $"The token was not looked at: {why}.") };
    }
}
