using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Http.Routes.Sessions;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Http.Routes.Me;

/// <summary>
/// <c>/me</c>: a person's own sessions, by their own access token. All but the plain logout need our issuer among the
/// token's audiences, so that no API that merely receives a token can end the rest.
/// </summary>
internal static class MeEndpoint
{
    private const string Reason = "signed out";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/me/sessions", ListAsync).RequireOwnToken().Describe(new("The caller's own living sessions.")
        {
            Query = ["state", "limit", "cursor"], Answer = AuthorityJson.Default.SessionListBody,
        });
        routes.MapDelete("/me/sessions/{id}", EndAsync).RequireOwnToken()
            .Describe(new("Ends one of the caller's own sessions.")
            {
                Status = StatusCodes.Status204NoContent, Failures = [Errors.UnknownSession],
            });
        routes.MapPost("/me/logout", LogoutAsync).RequireOwnTokenEvenExpired()
            .Describe(new("Ends this session, the others, or all of them.")
            {
                Body = AuthorityJson.Default.LogoutBody, Status = StatusCodes.Status204NoContent,
                Failures = [Errors.ContradictoryLogout, Errors.MissingAudience],
            });
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, ISessionStore store, ClientRegistry clients, SessionClock clock)
    {
        var facts = context.OwnToken.Facts;
        var read = SessionPaging.Read(context.Request, owner: facts.Subject);
        if (!read.HasValue)
        {
            return read.Refusal.Problem();
        }

        var page = await store.ListAsync(read.Value with { HasClient = clients.Has }, context.RequestAborted)
            .ConfigureAwait(false);
        return SessionPaging.Answer(page, clock.Now, facts.SessionId);
    }

    // Somebody else's session is as unknown as one that never was.
    private static async Task<IResult> EndAsync(string id, HttpContext context, ISessionStore store, SessionOperations sessions)
    {
        var facts = context.OwnToken.Facts;
        if (await store.FindAsync(id, context.RequestAborted).ConfigureAwait(false) is not { } session
            || session.Subject != facts.Subject)
        {
            return Errors.UnknownSession.Problem();
        }

        await sessions.EndAsync(session, Reason, AuditOf(context), context.RequestAborted).ConfigureAwait(false);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> LogoutAsync(
        HttpContext context, ISessionStore store, SessionOperations sessions, AccessControl access)
    {
        var read = await StrictJson.ReadAsync(context.Request, AuthorityJson.Default.LogoutBody).ConfigureAwait(false);
        if (!read.HasValue)
        {
            return read.Refusal.Problem();
        }

        var (others, everywhere) = read.Value;
        if (others && everywhere)
        {
            return Errors.ContradictoryLogout.Problem();
        }

        if ((others || everywhere) && access.AuthorizePerson(context.OwnToken, AccessKind.OwnToken) is { } refusal)
        {
            return refusal;
        }

        var facts = context.OwnToken.Facts;
        await (others ? sessions.EndOthersAsync(
                facts.Subject!, facts.SessionId!, Reason, AuditOf(context), context.RequestAborted)
            : everywhere ? sessions.EndSubjectAsync(facts.Subject!, Reason, AuditOf(context), context.RequestAborted)
            : EndThisAsync(context, facts.SessionId!, store, sessions)).ConfigureAwait(false);
        return TypedResults.NoContent();
    }

    private static async Task EndThisAsync(HttpContext context, string id, ISessionStore store, SessionOperations sessions)
    {
        if (await store.FindAsync(id, context.RequestAborted).ConfigureAwait(false) is { } session)
        {
            await sessions.EndAsync(session, Reason, AuditOf(context), context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static AuditContext AuditOf(HttpContext context) => context.AuditOf("subject:" + context.OwnToken.Facts.Subject);
}
