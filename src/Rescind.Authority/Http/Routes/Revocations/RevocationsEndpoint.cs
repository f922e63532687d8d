using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Feeding;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Http.Routes.Revocations;

/// <summary>
/// <c>/v1/revocations</c>: revoke, explain and lift. <c>Prefer: wait</c> is RFC 7240; the answer is the receipt.
/// </summary>
internal static class RevocationsEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/revocations", (Delegate)PostAsync).RequireScope(ScopeNames.Revoke, ScopeNames.RevokeBroad)
            .Describe(new("Revokes, or says what it would do; waits if asked to.")
            {
                Body = RevocationJson.Default.RevocationBody, Status = StatusCodes.Status201Created,
                Answer = RevocationJson.Default.RevocationAnswer, Failures =
                [
                    Errors.InvalidReason, Errors.InvalidMatch, Errors.UnverifiableToken, Errors.OwnLockOut,
                    Errors.InvalidIdempotencyKey, Errors.IdempotencyKeyReused, Errors.InvalidEffect,
                    Errors.InvalidCutoff, Errors.InvalidExceptions, Errors.InvalidSpread,
                    Errors.UnknownIssuer, Errors.IssuerNotAllowed, Errors.CannotBeMatched, Errors.NotConfirmed,
                    Errors.TooManySelected, Errors.TooManyBroadActs, Errors.IssuerKeysUnknown, Errors.LastAdministrator,
                ],
            });
        routes.MapGet("/v1/revocations", (Delegate)ListAsync).RequireScope(ScopeNames.Revoke, ScopeNames.RevokeBroad)
            .Describe(new("Revocations, newest first.")
            {
                Query = [.. RevocationPaging.Matches, "issuer", "actor", "limit", "cursor"],
                Answer = RevocationJson.Default.RevocationsAnswer,
            });
        routes.MapGet("/v1/revocations/{id}", (Delegate)GetAsync).RequireScope(ScopeNames.Revoke, ScopeNames.RevokeBroad)
            .Describe(new("Why, who, when, what it ended, and where it is in force.")
            {
                Answer = RevocationJson.Default.RevocationAnswer, Failures = [Errors.UnknownRevocation],
            });
        routes.MapDelete("/v1/revocations/{id}", (Delegate)LiftAsync).RequireScope(ScopeNames.Revoke, ScopeNames.RevokeBroad)
            .Describe(new("Takes a revocation back, and says how many sessions live again.")
            {
                Answer = RevocationJson.Default.RevocationAnswer,
                Failures =
                [
                    Errors.UnknownRevocation, Errors.AlreadyLifted, Errors.CannotBeLifted, Errors.OwnLockOut,
                    Errors.IssuerNotAllowed,
                ],
            });
    }

    private static async Task<IResult> PostAsync(HttpContext context)
    {
        var reading = await StrictJson.ReadAsync(context.Request, RevocationJson.Default.RevocationBody).ConfigureAwait(false);
        if (!reading.HasValue)
        {
            return reading.Refusal.Problem();
        }

        var body = reading.Value;
        var read = await context.Service<RevocationReader>().ReadAsync(body, context.Caller, context.RequestAborted)
            .ConfigureAwait(false);
        if (!read.HasValue)
        {
            return read.Refusal.Problem();
        }

        var revocations = context.Service<RevocationOperations>();
        var request = read.Value with { Wait = Preference.Wait(context.Request) };
        var own = revocations.IsOwn(request.Issuer);
        var who = context.Service<WhoMayRevoke>();
        if ((who.Authorize(request, context.Caller, own)
            ?? (own ? who.AuthorizeForItself(request, context.Caller) : null)) is { } refusal)
        {
            return refusal.Problem();
        }

        if (!TryReadKey(context, body, out var idempotency))
        {
            return Errors.InvalidIdempotencyKey.Problem();
        }

        if (body.DryRun)
        {
            var preview = await revocations.PreviewAsync(request, context.Audit, context.RequestAborted).ConfigureAwait(false);
            return preview.HasValue
                ? Results.Json(RevocationAnswers.OfPreview(preview.Value), RevocationJson.Default.RevocationAnswer)
                : preview.Refusal.Problem();
        }

        var confirm = new Confirmation(body.Confirm);
        var held = (!request.Match.Traits.IsNarrow ? revocations.Validate(confirm, request) : null)
            ?? (WhoMayRevoke.NeedsBroad(request.Match, own)
                ? await CountAsync(context, idempotency).ConfigureAwait(false) : null);
        if (held is not null)
        {
            return held.Problem();
        }

        var receipt = await revocations.RevokeAsync(request, context.Audit, idempotency, confirm, context.RequestAborted)
            .ConfigureAwait(false);
        return receipt.HasValue
            ? Created(context, receipt.Value, receipt.Value.InForce is null ? null : request.Wait) : receipt.Refusal.Problem();
    }

    // A repeat acts no more: it is answered from the first act, or refused, whatever the client did meanwhile.
    private static async Task<Refusal?> CountAsync(HttpContext context, IdempotencyKey? idempotency)
    {
        return idempotency is not null
            && await context.Service<IRevocationStore>().HasAnswerAsync(idempotency, context.RequestAborted)
                .ConfigureAwait(false)
            ? null
            : await context.Service<BroadActs>().EnterAsync(context.Caller.Actor, context.RequestAborted).ConfigureAwait(false);
    }

    private static IResult Created(HttpContext context, Receipt receipt, TimeSpan? wait)
    {
        if (wait is { } waited)
        {
            context.Response.Headers["Preference-Applied"] = string.Create(
                CultureInfo.InvariantCulture, $"wait={waited.TotalSeconds:0}");
        }

        var answer = RevocationAnswers.Of(receipt);
        context.Response.Headers.Location = $"{context.Request.PathBase}{context.Request.Path}/{answer.Id}";
        return Results.Json(answer, RevocationJson.Default.RevocationAnswer, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> GetAsync(HttpContext context)
    {
        if (await FindAsync(context).ConfigureAwait(false) is not { } act)
        {
            return Errors.UnknownRevocation.Problem();
        }

        var coverage = await context.Service<VerifierRegistry>().Receipts
            .CoverageAsync(act.Position, DateTimeOffset.FromUnixTimeSeconds(act.At), context.RequestAborted)
            .ConfigureAwait(false);
        return Results.Json(
            RevocationAnswers.Of(act) with { InForce = RevocationAnswers.Of(coverage) }, RevocationJson.Default.RevocationAnswer);
    }

    private static async Task<IResult> LiftAsync(HttpContext context)
    {
        if (await FindAsync(context).ConfigureAwait(false) is not { } act)
        {
            return Errors.UnknownRevocation.Problem();
        }

        var revocations = context.Service<RevocationOperations>();
        if (context.Service<WhoMayRevoke>().AuthorizeLift(
            act, context.Caller, revocations.IsOwn(act.Issuer)) is { } refusal)
        {
            return refusal.Problem();
        }

        var lifted = await revocations.LiftAsync(act.Position, context.Audit, context.RequestAborted).ConfigureAwait(false);
        return lifted.HasValue ? Results.Json(
            RevocationAnswers.Of(lifted.Value), RevocationJson.Default.RevocationAnswer) : lifted.Refusal.Problem();
    }

    private static async Task<Revocation?> FindAsync(HttpContext context) =>
        LogPosition.TryParseRevocationId((string?)context.GetRouteValue("id"), out var position)
            ? await context.Service<IRevocationStore>().FindAsync(position, context.RequestAborted)
                .ConfigureAwait(false)
            : null;

    private static async Task<IResult> ListAsync(HttpContext context)
    {
        var read = RevocationPaging.Read(context.Request);
        if (!read.HasValue)
        {
            return read.Refusal.Problem();
        }

        var (query, before, limit) = read.Value;
        var page = await context.Service<IRevocationStore>()
            .ListAsync(query, before, limit, context.RequestAborted).ConfigureAwait(false);
        return Results.Json(
            new([.. page.Rows.Select(RevocationAnswers.Of)], page.Next?.ToString()), RevocationJson.Default.RevocationsAnswer);
    }

    private static bool TryReadKey(HttpContext context, RevocationBody body, out IdempotencyKey? key)
    {
        key = null;
        var header = context.Request.Headers["Idempotency-Key"];
        if (header.Count == 0)
        {
            return true;
        }

        if (header.Count > 1 || header[0] is not { Length: > 0 and <= RevocationRules.LongestIdempotencyKey } text)
        {
            return false;
        }

        key = new(context.Caller.Actor, text, RevocationReader.HashOf(body));
        return true;
    }
}
