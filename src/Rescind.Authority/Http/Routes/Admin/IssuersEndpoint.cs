using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Issuers;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Http.Routes.Admin;

/// <summary><c>/v1/issuers</c>: the issuers whose tokens can be taken back here. Their records travel in the log.</summary>
internal static class IssuersEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/issuers", (Delegate)ListAsync).RequireScope(ScopeNames.Admin)
            .Describe(new("The registered issuers, our own first.") { Answer = IssuerJson.Default.IssuersBody });
        routes.MapPost("/v1/issuers", (Delegate)SaveAsync).RequireScope(ScopeNames.Admin)
            .Describe(new("Registers an issuer, or replaces its record.")
            {
                Body = IssuerJson.Default.IssuerBody, Status = StatusCodes.Status201Created,
                Answer = IssuerJson.Default.IssuerBody, Failures = [Errors.InvalidIssuer, Errors.OwnIssuer],
            });
        routes.MapDelete("/v1/issuers", (Delegate)RemoveAsync).RequireScope(ScopeNames.Admin)
            .Describe(new("Removes an issuer: its tokens are unknown from then on.")
            {
                Query = ["issuer"], Status = StatusCodes.Status204NoContent, Failures = [Errors.UnknownIssuer, Errors.OwnIssuer],
            });
    }

    private static async Task<IResult> ListAsync(HttpContext context)
    {
        var registry = await context.Service<IRegistryStore>().LoadAsync(context.RequestAborted).ConfigureAwait(false);
        return Results.Json(
            new([.. registry.Issuers.OrderBy(record => !record.Own).ThenBy(record => record.Issuer, StringComparer.Ordinal)
                .Select(IssuerBody.Of)]),
            IssuerJson.Default.IssuersBody);
    }

    private static async Task<IResult> SaveAsync(HttpContext context)
    {
        var read = await StrictJson.ReadAsync(context.Request, IssuerJson.Default.IssuerBody).ConfigureAwait(false);
        if (!read.HasValue)
        {
            return read.Refusal.Problem();
        }

        if (read.Value.Own is not null || read.Value.Issuer == context.Options.Issuer)
        {
            return Errors.OwnIssuer.Problem();
        }

        if (new IssuerRules(context.Options.Development).Validate(read.Value) is { } broken)
        {
            return broken.Problem();
        }

        var known = context.Service<Replica>().FindIssuer(read.Value.Issuer);
        var record = read.Value.ToRecord();
        await context.Service<IRegistryStore>().SaveIssuerAsync(record, context.Audit, context.RequestAborted)
            .ConfigureAwait(false);
        return Results.Json(
            IssuerBody.Of(record), IssuerJson.Default.IssuerBody,
            statusCode: known is null ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<IResult> RemoveAsync(HttpContext context)
    {
        var query = StrictQuery.Read(context.Request);
        if (!query.HasValue)
        {
            return query.Refusal.Problem();
        }

        if (query.Value["issuer"] is not { } issuer
            || context.Service<Replica>().FindIssuer(issuer) is not { } record)
        {
            return Errors.UnknownIssuer.Problem();
        }

        if (record.Own)
        {
            return Errors.OwnIssuer.Problem();
        }

        await context.Service<IRegistryStore>().RemoveIssuerAsync(issuer, context.Audit, context.RequestAborted)
            .ConfigureAwait(false);
        return TypedResults.NoContent();
    }
}
