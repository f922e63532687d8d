using System.Net;
using Microsoft.IdentityModel.Tokens;
using Rescind.Foreign.Tests.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Foreign.Tests.OpenIddict;

/// <summary>Whose keys count: those that the issuer publishes, each under its one name, until one is taken back.</summary>
public sealed class Keys(Keys.World world) : IClassFixture<Keys.World>
{
    /// <summary>
    /// An issuer that signs with one key, publishes it and a second one under two names each, and another two under one name.
    /// </summary>
    public sealed class World : IAsyncLifetime
    {
        private readonly ForeignWorld _world;

        public World() => _world = new(Signing, Second, Named(Second, "second again"), Twins[0], Twins[1]);

        internal RsaSecurityKey Signing { get; } = OpenIddictIssuer.NewKey("signing");

        internal RsaSecurityKey Second { get; } = OpenIddictIssuer.NewKey("second");

        internal RsaSecurityKey[] Twins { get; } = [OpenIddictIssuer.NewKey("twin"), OpenIddictIssuer.NewKey("twin")];

        internal Api Api => _world.Api;

        internal ForeignTokens Alice { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            await _world.InitializeAsync();
            Alice = await _world.Issuer.LogInAsync("alice");
            UnregisteredStatus = await _world.StatusAsync(Alice);
            await _world.RegisterAsync();
        }

        internal HttpStatusCode UnregisteredStatus { get; private set; }

        public ValueTask DisposeAsync() => _world.DisposeAsync();

        internal async Task<IEnumerable<string>> PublishedAsync()
        {
            using var http = new HttpClient();
            return new JsonWebKeySet(await http.GetStringAsync(_world.Issuer.JwksUri)).Keys.Select(key => key.KeyId);
        }

        internal async Task KillAsync(string key) =>
            (await _world.RevokeAsync(new { key }, new() { ["confirm"] = key })).Status.ShouldBe(HttpStatusCode.Created);

        private static RsaSecurityKey Named(RsaSecurityKey key, string id) => new(key.Rsa) { KeyId = id };
    }

    [Fact]
    public void Tokens_of_an_issuer_that_is_not_registered_are_unknown() =>
        world.UnregisteredStatus.ShouldBe(HttpStatusCode.ServiceUnavailable);

    [Fact]
    public async Task A_token_that_names_no_key_or_none_that_is_published_is_refused()
    {
        (await StatusAsync(world.Signing, world.Signing.KeyId)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(world.Signing, null)).ShouldBe(HttpStatusCode.Unauthorized);
        await RefusedSoonAsync(world.Signing, "unheard of");
    }

    [Fact]
    public async Task Of_two_keys_with_one_name_neither_verifies_anything()
    {
        (await world.PublishedAsync()).Count(kid => kid == "twin").ShouldBe(2);
        await RefusedSoonAsync(world.Twins[0], "twin");
        await RefusedSoonAsync(world.Twins[1], "twin");
    }

    [Fact]
    public async Task A_key_killed_by_its_thumbprint_is_dead_under_every_name_and_the_others_are_alive()
    {
        (await StatusAsync(world.Second, "second")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(world.Second, "second again")).ShouldBe(HttpStatusCode.OK);

        await world.KillAsync(Base64UrlEncoder.Encode(world.Second.ComputeJwkThumbprint()));

        (await StatusAsync(world.Second, "second")).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(world.Second, "second again")).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(world.Second, null)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(world.Signing, world.Signing.KeyId)).ShouldBe(HttpStatusCode.OK);
    }

    // Unknown until the keys were asked for since.
    private Task RefusedSoonAsync(RsaSecurityKey key, string keyId) => Eventually.Async(async () =>
    {
        var status = await StatusAsync(key, keyId);
        status.ShouldBeOneOf([HttpStatusCode.Unauthorized, HttpStatusCode.ServiceUnavailable]);
        return status is HttpStatusCode.Unauthorized;
    });

    private Task<HttpStatusCode> StatusAsync(RsaSecurityKey key, string? keyId) =>
        world.Api.StatusAsync(world.Alice.SignAgain(key, keyId));
}
