using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Keys;
using Rescind.Authority.Stores;
using Rescind.Authority.Syntax;

namespace Rescind.Authority.Http.Routes.Admin;

/// <summary><c>/v1/keys</c>: the keys that are announced, sign, or have signed. Public facts alone.</summary>
internal static class KeysEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/keys", (Delegate)List).RequireScope(ScopeNames.Admin)
            .Describe(new("The signing keys and their states.") { Answer = KeyJson.Default.KeysAnswer });
        routes.MapPost("/v1/keys/rotate", (Delegate)RotateAsync).RequireScope(ScopeNames.Admin)
            .Describe(new("Lets the next key sign from now on.") { Answer = KeyJson.Default.KeysAnswer });
    }

    private static IResult List(HttpContext context) => Results.Json(
        new([.. context.Service<KeyRing>().Rows.Select(ToAnswer)]), KeyJson.Default.KeysAnswer);

    private static async Task<IResult> RotateAsync(HttpContext context)
    {
        await context.Service<KeyRing>().RotateAsync(context.Audit, context.RequestAborted).ConfigureAwait(false);
        return List(context);
    }

    private static KeyAnswer ToAnswer(StoredKey key) => new(
        key.Id, key.Algorithm, key.State.ToString().ToLowerInvariant(), Instant.Text(key.CreatedAt),
        Text(key.ActiveFrom), Text(key.RetiredAt));

    private static string? Text(long? seconds) => seconds is { } value ? Instant.Text(value) : null;
}

internal sealed record KeysAnswer(IReadOnlyList<KeyAnswer> Keys);

internal sealed record KeyAnswer(
    string Kid, string Algorithm, string State, string CreatedAt, string? ActiveFrom, string? RetiredAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(KeysAnswer))]
internal sealed partial class KeyJson : JsonSerializerContext;
