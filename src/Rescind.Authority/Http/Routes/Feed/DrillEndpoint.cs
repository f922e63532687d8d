using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Drills;
using Rescind.Authority.Http.Access;

namespace Rescind.Authority.Http.Routes.Feed;

/// <summary><c>POST /v1/drills</c>: revokes a token of nobody, and says how long each verifier took to refuse it.</summary>
internal static class DrillEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/drills", (Delegate)RunAsync).RequireScope(ScopeNames.Admin)
            .Describe(new("Measures the way of a revocation that hits nobody to every verifier.")
            {
                Answer = DrillJson.Default.DrillAnswer,
            }).WithMetadata(new HeldOpen());

    private static async Task<IResult> RunAsync(HttpContext context)
    {
        var result = await context.Service<DrillRound>().RunAsync(context.RequestAborted).ConfigureAwait(false);
        return Results.Json(
            new DrillAnswer(result.Position.Value, [.. result.Verifiers.Select(ToAnswer)]), DrillJson.Default.DrillAnswer);
    }

    private static DrilledAnswer ToAnswer(DrilledVerifier one) => new(
        one.Verifier.Row.Name, one.Verifier.Row.ClientId, one.Verifier.Row.Instance, one.Verifier.Bound.TotalSeconds,
        one.Times is not null ? "refused" : one.HasAccepted ? "accepted" : "untried",
        one.Times?.Verdict.TotalMilliseconds, one.Times?.Connection.TotalMilliseconds);
}

/// <summary>A round: the position of its revocation, and the verifiers that were live.</summary>
internal sealed record DrillAnswer(long Position, IReadOnlyList<DrilledAnswer> Verifiers);

internal sealed record DrilledAnswer(
    string Name, string ClientId, string Instance, double Bound, string State, double? VerdictMs, double? ConnectionMs);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DrillAnswer))]
internal sealed partial class DrillJson : JsonSerializerContext;
