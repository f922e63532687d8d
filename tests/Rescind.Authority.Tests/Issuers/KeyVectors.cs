using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Rescind.Authority.Issuers;
using Rescind.Tests.Vectors;

namespace Rescind.Authority.Tests.Issuers;

/// <summary>Which keys verify whole tokens and logout tokens, as <c>vectors/keys.json</c> says it.</summary>
public sealed class KeyVectors
{
    [Fact]
    public async Task Every_key_set_verifies_what_the_vectors_say()
    {
        var cases = VectorFile.Cases("keys.json").ToList();
        await using var issuer = await PublishAsync(cases);
        using var keys = new IssuerKeys(TimeProvider.System, NullLogger<IssuerKeys>.Instance);
        var signatures = new IssuerSignatures(keys, Replica.CreateAuthoritative(TimeProvider.System, Entropy.System));
        var record = IssuerRecord.FromJson(VectorFile.Read("keys.json").GetProperty("record").GetRawText());
        for (var i = 0; i < cases.Count; i++)
        {
            var token = cases[i].Text("token")!;
            CompactJws.TryRead(token, out var jws, out _).ShouldBeTrue();

            var signature = await signatures.CheckAsync(
                token, jws!, record with { JwksUri = $"{issuer.Urls.First()}/{i}" }, default);

            signature.State.ShouldBe(
                cases[i].GetProperty("verifies").ValueKind switch
                {
                    JsonValueKind.True => SignatureState.Genuine,
                    JsonValueKind.Null => SignatureState.Unknown,
                    _ => SignatureState.Bad,
                },
                cases[i].Text("name"));
        }
    }

    private static async Task<WebApplication> PublishAsync(List<JsonElement> cases)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapGet("/{i:int}", (int i) => cases[i].Text("jwks"));
        await app.StartAsync();
        return app;
    }
}
