using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Canaries;
using Rescind.Authority.Clients;
using Rescind.Authority.Feeding;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Output;

namespace Rescind.Authority.Http.Routes.Feed;

/// <summary>
/// <c>GET /v1/verifiers</c>: who follows, and how far each is behind. A page at once: very many may be remembered.
/// </summary>
internal static class VerifiersEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/verifiers", (Delegate)List).RequireScope(ScopeNames.Revoke, ScopeNames.RevokeBroad, ScopeNames.Feed)
            .Describe(new("The verifiers that follow the feed, and how far they are.")
            {
                Query = ["limit", "cursor"], Answer = VerifierJson.Default.VerifiersAnswer,
            });

    private static IResult List(HttpContext context)
    {
        var read = VerifierPaging.Read(context.Request);
        if (!read.HasValue)
        {
            return read.Refusal.Problem();
        }

        var verifiers = context.Service<VerifierRegistry>();
        var (page, next) = read.Value.Cut(verifiers.List(context.Service<CommittedLog>().Tail.Head.Position));
        var canaries = context.Service<CanaryWatch>();
        return Results.Json(
            new(
                [.. page.Select(one => ToAnswer(one, canaries.Find(one.Row.ClientId, one.Row.Instance)))],
                read.Value.After is null ? verifiers.Shares : [], next),
            VerifierJson.Default.VerifiersAnswer);
    }

    private static VerifierAnswer ToAnswer(ListedVerifier status, CanaryState? canary) => new(
        status.Row.Name, status.Row.ClientId, status.Row.Instance, status.Row.Address, status.Row.Version,
        status.Bound.TotalSeconds, status.Row.Position.Value, status.IsBehind, (long)status.Age.TotalMilliseconds,
        status.Seen, status.State,
        status.Row.Connections?.Live, status.Row.Connections?.Closed,
        canary is { } shown ? CanaryLights.WordOf(shown.Light) : null, (long?)canary?.Took?.TotalMilliseconds);
}

/// <summary>A page; the first says what each client has, and each but the last where the next begins.</summary>
internal sealed record VerifiersAnswer(
    IReadOnlyList<VerifierAnswer> Verifiers, IReadOnlyList<VerifierShare> Clients,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);

internal sealed record VerifierAnswer(
    string Name, string ClientId, string Instance, string? Address, string? Version, double Bound, long Position,
    bool Behind, long AgeMs,
    DateTimeOffset SeenAt, string State, long? LiveConnections, long? ClosedConnections,
    string? Canary, long? CanaryMs);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(VerifiersAnswer))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class VerifierJson : JsonSerializerContext;
