using System.Net;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

/// <summary>What an app sets in TokenValidationParameters stays in force, or does not start.</summary>
public sealed class AppParameters : IAsyncLifetime
{
    private readonly FakeLog _log = new();
    private readonly SigningKey _key = new();
    private KeyPublisher _issuer = null!;

    public async ValueTask InitializeAsync() => _issuer = await KeyPublisher.StartAsync(_log, _key);

    public ValueTask DisposeAsync() => _issuer.DisposeAsync();

    [Fact]
    public async Task A_key_resolver_that_is_given_the_metadata_is_asked_for_the_key()
    {
        var given = new SigningKey();
        string? seen = null;
        await using var api = await StartAsync(parameters => parameters.IssuerSigningKeyResolverUsingConfiguration =
            (_, _, kid, _, metadata) =>
            {
                seen = metadata?.Issuer;
                return kid == given.KeyId ? [new JsonWebKey(given.Jwk)] : [];
            });

        (await api.StatusAsync(_issuer.Mint(_log, given))).ShouldBe(HttpStatusCode.OK);
        seen.ShouldBe(_issuer.Url);
    }

    [Fact]
    public async Task While_the_metadata_for_such_a_resolver_cannot_be_fetched_the_token_is_unknown()
    {
        _issuer.Instead = static context => Task.FromResult(context.Response.StatusCode = 500);
        await using var api = await StartAsync(parameters => parameters.IssuerSigningKeyResolverUsingConfiguration =
            (_, _, _, _, _) => [new JsonWebKey(_key.Jwk)]);

        (await api.StatusAsync(_issuer.Mint(_log, _key))).ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Theory]
    [InlineData("algorithms")]
    [InlineData("algorithm")]
    [InlineData("types")]
    [InlineData("type")]
    public async Task An_app_may_take_fewer_algorithms_and_types_than_the_record_allows(string setting)
    {
        await using var api = await StartAsync(parameters => _ = setting switch
        {
            "algorithms" => (object)(parameters.ValidAlgorithms = ["RS256"]),
            "algorithm" => parameters.AlgorithmValidator = static (_, _, _, _) => false,
            "types" => parameters.ValidTypes = ["JWT"],
            _ => parameters.TypeValidator = static (_, _, _) => throw new SecurityTokenInvalidTypeException(),
        });

        (await api.StatusAsync(_issuer.Mint(_log, _key))).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Those_that_it_takes_are_taken()
    {
        await using var api = await StartAsync(static parameters =>
            (parameters.ValidAlgorithms, parameters.ValidTypes) = (["ES256"], ["at+jwt"]));

        (await api.StatusAsync(_issuer.Mint(_log, _key))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_cache_against_replays_is_asked()
    {
        await using var api = await StartAsync(static parameters =>
            (parameters.TokenReplayCache, parameters.ValidateTokenReplay) = (new SeenOnce(), true));
        var token = _issuer.Mint(_log, _key);

        (await api.StatusAsync(token)).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(token)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("SignatureValidator")]
    [InlineData("SignatureValidatorUsingConfiguration")]
    [InlineData("RequireSignedTokens")]
    [InlineData("RequireExpirationTime")]
    [InlineData("ValidateLifetime")]
    [InlineData("TokenDecryptionKey")]
    [InlineData("TokenDecryptionKeys")]
    [InlineData("TokenDecryptionKeyResolver")]
    public async Task What_no_scheme_of_ours_can_keep_does_not_start(string setting) =>
        await ShouldRefuseAsync(setting, own: false);

    [Theory]
    [InlineData("IssuerSigningKey")]
    [InlineData("IssuerSigningKeys")]
    [InlineData("IssuerSigningKeyResolver")]
    [InlineData("IssuerSigningKeyResolverUsingConfiguration")]
    [InlineData("IssuerValidator")]
    [InlineData("IssuerValidatorUsingConfiguration")]
    public async Task What_a_scheme_of_AddRescind_takes_from_the_log_does_not_start(string setting) =>
        await ShouldRefuseAsync(setting, own: true);

    private async Task ShouldRefuseAsync(string setting, bool own)
    {
        await using var app = Api.Build(new()
        {
            Feed = _log,
            Schemes = schemes => _ = own ? schemes.AddRescind() : schemes.AddJwtBearer().AddRevocation(),
            Services = services => services.Configure<JwtBearerOptions>(
                JwtBearerDefaults.AuthenticationScheme, jwt => Set(jwt.TokenValidationParameters, setting)),
        });

        (await Should.ThrowAsync<InvalidOperationException>(() => app.StartAsync())).Message
            .ShouldMatch($"RSC3017 .*{setting} .*Bearer");
    }

    private static void Set(TokenValidationParameters parameters, string setting) => _ = setting switch
    {
        "SignatureValidator" => (object)(parameters.SignatureValidator = static (_, _) => null!),
        "SignatureValidatorUsingConfiguration" => parameters.SignatureValidatorUsingConfiguration = static (_, _, _) => null!,
        "RequireSignedTokens" => parameters.RequireSignedTokens = false,
        "RequireExpirationTime" => parameters.RequireExpirationTime = false,
        "ValidateLifetime" => parameters.ValidateLifetime = false,
        "TokenDecryptionKey" => parameters.TokenDecryptionKey = new JsonWebKey(),
        "TokenDecryptionKeys" => parameters.TokenDecryptionKeys = [new JsonWebKey()],
        "TokenDecryptionKeyResolver" => parameters.TokenDecryptionKeyResolver = static (_, _, _, _) => [],
        "IssuerSigningKey" => parameters.IssuerSigningKey = new JsonWebKey(),
        "IssuerSigningKeys" => parameters.IssuerSigningKeys = [new JsonWebKey()],
        "IssuerSigningKeyResolver" => parameters.IssuerSigningKeyResolver = static (_, _, _, _) => [],
        "IssuerSigningKeyResolverUsingConfiguration" =>
            parameters.IssuerSigningKeyResolverUsingConfiguration = static (_, _, _, _, _) => [],
        "IssuerValidator" => parameters.IssuerValidator = static (issuer, _, _) => issuer,
        "IssuerValidatorUsingConfiguration" => parameters.IssuerValidatorUsingConfiguration = static (issuer, _, _, _) => issuer,
        _ => throw new ArgumentException(setting, nameof(setting)),
    };

    private Task<Api> StartAsync(Action<TokenValidationParameters> set) => Api.StartAsync(new()
    {
        Feed = _log,
        Schemes = schemes => _issuer.AddTo(schemes),
        Services = services => services.Configure<JwtBearerOptions>(
            JwtBearerDefaults.AuthenticationScheme, jwt => set(jwt.TokenValidationParameters)),
    });

    private sealed class SeenOnce : ITokenReplayCache
    {
        private readonly HashSet<string> _seen = [];

        public bool TryAdd(string securityToken, DateTime expiresOn) => _seen.Add(securityToken);

        public bool TryFind(string securityToken) => _seen.Contains(securityToken);
    }
}
