using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Http.Routes.Sessions;

/// <summary><c>/v1/sessions</c>: start, list, show, change, end.</summary>
internal static class SessionsEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/sessions", StartAsync).RequireScope(ScopeNames.Sessions)
            .Describe(new("Starts a session and gives its first tokens.")
            {
                Body = AuthorityJson.Default.StartSessionBody, Status = StatusCodes.Status201Created,
                Answer = AuthorityJson.Default.StartedSession, Failures =
                [
                    Errors.ReservedClaim, Errors.SensitiveClaim, Errors.SessionTooLarge, Errors.UnknownClient,
                    Errors.FutureLogin, Errors.StaleLogin, Errors.InvalidValue, Errors.ReservedAudience,
                    Errors.ReservedScope, Errors.ReservedSubject, Errors.ClientNotAllowed,
                    Errors.SubjectBlocked, Errors.LoginBeforeEnd, Errors.ReplacesUnknown, Errors.UnknownSubject,
                ],
            });
        routes.MapGet("/v1/sessions", ListAsync).RequireScope(ScopeNames.Sessions).Describe(new("Sessions, newest first.")
        {
            Query = ["subject", "state", "limit", "cursor"], Answer = AuthorityJson.Default.SessionListBody,
        });
        routes.MapGet("/v1/sessions/{id}", ShowAsync).RequireScope(ScopeNames.Sessions)
            .Describe(new("One session.") { Answer = AuthorityJson.Default.SessionBody, Failures = [Errors.UnknownSession] });
        routes.MapPatch("/v1/sessions/{id}", ChangeAsync).RequireScope(ScopeNames.Sessions)
            .Describe(new("Changes what a session carries.")
            {
                Body = AuthorityJson.Default.ChangeSessionBody, Answer = AuthorityJson.Default.ChangedSessionBody,
                Failures =
                [
                    Errors.InvalidValue, Errors.ReservedClaim, Errors.SensitiveClaim, Errors.SessionTooLarge,
                    Errors.UnknownSession, Errors.SessionOver, Errors.SubjectBlocked,
                ],
            });
        routes.MapDelete("/v1/sessions/{id}", EndAsync).RequireScope(ScopeNames.Sessions)
            .Describe(new("Ends a session.") { Status = StatusCodes.Status204NoContent, Failures = [Errors.UnknownSession] });
    }

    private static async Task<IResult> StartAsync(HttpContext context, SessionOperations sessions, ClientRegistry clients)
    {
        var read = await StrictJson.ReadAsync(context.Request, AuthorityJson.Default.StartSessionBody).ConfigureAwait(false);
        if (!read.HasValue)
        {
            return read.Refusal.Problem();
        }

        var understood = Understand(read.Value);
        if (!understood.HasValue)
        {
            return understood.Refusal.Problem();
        }

        var start = understood.Value;
        if (clients.Find(context.Caller.ClientId)?.MayStartFor(start.ClientId) is not true)
        {
            return (clients.Find(start.ClientId) is null ? Errors.UnknownClient : Errors.ClientNotAllowed).Problem();
        }

        var started = await sessions.StartAsync(start, context.Audit, context.RequestAborted).ConfigureAwait(false);
        return started.HasValue
            ? new JsonAnswer<StartedSession>(started.Value, AuthorityJson.Default.StartedSession, StatusCodes.Status201Created)
            : started.Refusal.Problem();
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, ISessionStore store, CallersSessions reachable, ClientRegistry clients, SessionClock clock)
    {
        var read = SessionPaging.Read(context.Request);
        if (!read.HasValue)
        {
            return read.Refusal.Problem();
        }

        var query = read.Value with { Clients = reachable.ClientsOf(context.Caller), HasClient = clients.Has };
        var page = await store.ListAsync(query, context.RequestAborted).ConfigureAwait(false);
        return SessionPaging.Answer(page, clock.Now);
    }

    private static async Task<IResult> ShowAsync(string id, HttpContext context, CallersSessions reachable, SessionClock clock) =>
        await reachable.FindAsync(id, context.Caller, context.RequestAborted).ConfigureAwait(false) is { } session
            ? new JsonAnswer<SessionBody>(SessionBody.Of(session, clock.Now), AuthorityJson.Default.SessionBody)
            : Errors.UnknownSession.Problem();

    private static async Task<IResult> ChangeAsync(
        string id, HttpContext context, CallersSessions reachable, SessionOperations sessions, SessionClock clock)
    {
        var read = await StrictJson.ReadAsync(context.Request, AuthorityJson.Default.ChangeSessionBody).ConfigureAwait(false);
        if (!read.HasValue)
        {
            return read.Refusal.Problem();
        }

        var body = read.Value;
        if (body is { Claims: null, Tags: null, Device: null })
        {
            return Errors.InvalidValue.Problem("There is none of claims, tags and device.");
        }

        if (await reachable.FindAsync(
            id, context.Caller, context.RequestAborted).ConfigureAwait(false) is not { IsClientGone: var isGone })
        {
            return Errors.UnknownSession.Problem();
        }

        if (isGone)
        {
            return Errors.SessionOver.Problem("Its client was removed.");
        }

        var change = new SessionChange
        {
            SessionId = id,
            Claims = body.Claims is { } claims ? SessionFactory.Compact(claims.GetRawText()) : null,
            Tags = body.Tags,
            Device = body.Device is { } device ? new(device.Name, device.UserAgent, device.Address) : null,
            Audit = context.Audit,
        };
        var changed = await sessions.ChangeAsync(change, context.RequestAborted).ConfigureAwait(false);
        return changed.HasValue
            ? new JsonAnswer<ChangedSessionBody>(
                new(SessionBody.Of(changed.Value.Session!, clock.Now),
                    changed.Value.By.Value == 0 ? null : changed.Value.By.ToRevocationId()),
                AuthorityJson.Default.ChangedSessionBody)
            : changed.Refusal.Problem();
    }

    private static async Task<IResult> EndAsync(
        string id, HttpContext context, CallersSessions reachable, SessionOperations sessions)
    {
        if (await reachable.FindAsync(id, context.Caller, context.RequestAborted).ConfigureAwait(false) is not { } session)
        {
            return Errors.UnknownSession.Problem();
        }

        await sessions.EndAsync(session, "ended by an API client", context.Audit, context.RequestAborted).ConfigureAwait(false);
        return TypedResults.NoContent();
    }

    private static Result<SessionStart> Understand(StartSessionBody body)
    {
        IReadOnlyList<string>? audience = body.Audience.ValueKind switch
        {
            JsonValueKind.String => [body.Audience.GetString()!],
            JsonValueKind.Array when body.Audience.EnumerateArray().All(item => item.ValueKind is JsonValueKind.String) =>
                [.. body.Audience.EnumerateArray().Select(item => item.GetString()!)],
            _ => null,
        };
        if (audience is null)
        {
            return Result<SessionStart>.Refused(
                Errors.MemberType.Refusal("$.audience is neither a string nor an array of strings."));
        }

        // Beyond what a date can be it is the future in any case.
        var latest = DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        return Result<SessionStart>.Of(new()
        {
            Subject = body.Subject,
            Audience = audience,
            ClientId = body.ClientId ?? ClientRegistry.DefaultClientId,
            Scope = body.Scope,
            Claims = body.Claims?.GetRawText() ?? "{}",
            Tags = body.Tags ?? [],
            DeviceName = body.Device?.Name,
            DeviceUserAgent = body.Device?.UserAgent,
            DeviceAddress = body.Device?.Address,
            AuthenticatedAt = body.AuthTime is { } login
                ? DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(login, 0, latest))
                : null,
            Amr = body.Amr ?? [],
            Acr = body.Acr,
            Replaces = body.Replaces,
        });
    }
}
