using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Foreign.Tests.Support;

/// <summary>
/// An OpenIddict server, an Authority that never asks it for a token, and an API that takes its tokens by stock
/// <c>AddJwtBearer</c> and <c>AddRevocation</c>: three servers on loopback, which know each other by URL alone.
/// </summary>
public sealed class ForeignWorld : IAsyncLifetime
{
    private readonly SecurityKey[] _keys;
    private string _admin = "";

    public ForeignWorld()
        : this(OpenIddictIssuer.NewKey("key-1"))
    {
    }

    internal ForeignWorld(params SecurityKey[] keys) => _keys = keys;

    /// <summary>The key that the issuer signs with.</summary>
    internal RsaSecurityKey Key => (RsaSecurityKey)_keys[0];

    internal OpenIddictIssuer Issuer { get; private set; } = null!;

    internal AuthorityHost Authority { get; private set; } = null!;

    internal Api Api { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Issuer = await OpenIddictIssuer.StartAsync(_keys);
        Authority = await AuthorityHost.StartAsync(url: FreeUrl.Next());
        _admin = await Authority.BearerAsync("admin");
        await Authority.AddClientAsync("verifier", scopes: "feed");
        Api = await Api.StartAsync(new ApiSetup
        {
            Schemes = schemes => schemes
                .AddJwtBearer(jwt =>
                {
                    jwt.Authority = Issuer.Url;
                    jwt.Audience = OpenIddictIssuer.Audience;
                    jwt.RequireHttpsMetadata = false;
                })
                .AddRevocation(revocation =>
                {
                    revocation.Authority = Authority.Http.BaseAddress!.ToString();
                    revocation.ClientId = "verifier";
                    revocation.ClientSecret = AuthorityHost.SecretOf("verifier");
                }),
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        await Authority.DisposeAsync();
        await Issuer.DisposeAsync();
    }

    /// <summary>
    /// Registers the issuer: its authorizations are one for each login, and its clock is ours, because both are on this machine.
    /// </summary>
    internal async Task RegisterAsync(JsonObject? more = null)
    {
        var record = new JsonObject
        {
            ["issuer"] = Issuer.Issuer, ["profile"] = "openiddict", ["max_token_lifetime"] = 600,
            ["max_session_lifetime"] = 86_400, ["clock_skew"] = 0, ["sends_auth_time"] = true, ["jwks_uri"] = Issuer.JwksUri,
            ["claims"] = new JsonObject { ["session"] = "oi_au_id" },
        };
        foreach (var (name, value) in more ?? [])
        {
            record[name] = value?.DeepClone();
        }

        var saved = await Authority.PostJsonAsync("/v1/issuers", _admin, record.ToJsonString());
        saved.Status.ShouldBeOneOf([HttpStatusCode.Created, HttpStatusCode.OK], saved.Text);
        var head = Authority.Tail.Head.Position;
        await Eventually.Async(() => Api.Status.Position >= head);
    }

    /// <summary>Revokes at the Authority and waits until the API has it.</summary>
    internal async Task<Answer> RevokeAsync(object match, JsonObject? more = null)
    {
        var body = new JsonObject
        {
            ["match"] = System.Text.Json.JsonSerializer.SerializeToNode(match), ["issuer"] = Issuer.Issuer, ["reason"] = "test",
        };
        foreach (var (name, value) in more ?? [])
        {
            body[name] = value?.DeepClone();
        }

        return await Authority.PostJsonAsync("/v1/revocations", _admin, body.ToJsonString(), ("Prefer", "wait=10"));
    }

    internal Task<HttpStatusCode> StatusAsync(ForeignTokens tokens) => Api.StatusAsync(tokens.Access);
}
