using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Http.Routes.Admin;

/// <summary><c>GET /v1/audit</c>: who did what, when and why, oldest first.</summary>
internal static class AuditEndpoint
{
    private const int MaxLimit = 1000;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/audit", ReadAsync).RequireScope(ScopeNames.Admin)
        .Describe(new("The audit trail, oldest first.")
        {
            Query = ["subject", "session", "actor", "after", "limit"], Answer = AuthorityJson.Default.AuditBody,
        });

    private static async Task<IResult> ReadAsync(HttpContext context, IRegistryStore store)
    {
        var read = StrictQuery.Read(context.Request);
        if (!read.HasValue)
        {
            return read.Refusal.Problem();
        }

        var query = read.Value;
        long limit = 100;
        if (StrictQuery.ReadNumber(query, "limit", (1, MaxLimit), ref limit) is { } refusal)
        {
            return refusal.Problem();
        }

        LogPosition after = default;
        if (query["after"] is { } text && !LogPosition.TryParse(text, out after))
        {
            return Errors.MalformedQuery.Problem("after is no position.");
        }

        var asked = new AuditQuery(query["subject"], query["session"], query["actor"], after, (int)limit);
        var page = await store.AuditAsync(asked, context.RequestAborted).ConfigureAwait(false);
        return new JsonAnswer<AuditBody>(
            new([.. page.Rows.Select(AuditEntryBody.Of)], page.Next?.Value), AuthorityJson.Default.AuditBody);
    }
}
