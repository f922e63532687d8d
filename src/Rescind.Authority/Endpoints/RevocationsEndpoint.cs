using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Feeding;
using Rescind.Authority.Revoking;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Endpoints;

/// <summary><c>/v1/revocations</c>: revoke and explain. <c>Prefer: wait</c> is RFC 7240; the answer is the receipt.</summary>
internal static class RevocationsEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/revocations", (Delegate)PostAsync).RequireScope(Scopes.Revoke).Describe(new("Revokes, and waits if asked to.")
        {
            Body = RevocationJson.Default.RevocationBody, Status = StatusCodes.Status201Created, Answer = RevocationJson.Default.RevocationAnswer,
            Failures =
            [
                Errors.NotInThisVersion, Errors.InvalidReason, Errors.InvalidMatch, Errors.UnverifiableToken, Errors.OwnLockOut,
                Errors.InvalidIdempotencyKey, Errors.IdempotencyKeyReused,
            ],
        });
        routes.MapGet("/v1/revocations", (Delegate)ListAsync).RequireScope(Scopes.Revoke,
            Scopes.RevokeBroad).Describe(new("Revocations, newest first.")
        {
            Query = ["session", "subject", "actor", "limit", "cursor"], Answer = RevocationJson.Default.RevocationsAnswer,
        });
        routes.MapGet("/v1/revocations/{id}", (Delegate)GetAsync).RequireScope(Scopes.Revoke, Scopes.RevokeBroad)
            .Describe(new("Why, who, when, what it ended, and where it is in force.")
            {
                Answer = RevocationJson.Default.RevocationAnswer, Failures = [Errors.UnknownRevocation],
            });
    }

    private static async Task<IResult> PostAsync(HttpContext context)
    {
        var reading = await StrictJson.ReadAsync(context.Request, RevocationJson.Default.RevocationBody).ConfigureAwait(false);
        if (!reading.IsRead)
        {
            return reading.Refusal;
        }

        var services = context.RequestServices;
        var draft = services.GetRequiredService<RevocationReader>().Read(reading.Value, context.Caller, context.Origin);
        if (!draft.IsRead)
        {
            return draft.Refusal;
        }

        if (!TryReadKey(context, reading.Value, out var idempotency))
        {
            return Errors.InvalidIdempotencyKey.Problem();
        }

        var wait = Preference.Wait(context.Request);
        var (outcome, inForce) = await services.GetRequiredService<Revocations>()
            .AppendAsync(draft.Value with { Idempotency = idempotency }, wait, context.RequestAborted).ConfigureAwait(false);

        // Ids of tokens are kept nowhere: only a whole token says that it is one of ours.
        var known = outcome.Known && draft.Value is not { Match.Kind: MatchKind.Token, TokenExpires: null };
        return Answer(context, outcome with { Known = known }, inForce, wait);
    }

    private static IResult Answer(HttpContext context, RevokeOutcome outcome, ReceiptCoverage? inForce, TimeSpan? wait)
    {
        if (outcome.Revocation is not { } act)
        {
            return Errors.IdempotencyKeyReused.Problem();
        }

        if (wait is { } waited)
        {
            context.Response.Headers["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"wait={waited.TotalSeconds:0}");
        }

        var answer = ToAnswer(act) with
        {
            Affected = new(outcome.Sessions),
            Warnings = outcome.Known ? [] : [new(Errors.NothingKnown.Code, Errors.NothingKnown.Title)],
            InForce = inForce is null ? null : ToAnswer(inForce),
        };
        context.Response.Headers.Location = $"{context.Request.PathBase}/v1/revocations/{answer.Id}";
        return Results.Json(answer, RevocationJson.Default.RevocationAnswer, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> GetAsync(HttpContext context)
    {
        var services = context.RequestServices;
        if (!LogPosition.TryParseRevocationId((string?)context.GetRouteValue("id"), out var position)
            || await services.GetRequiredService<IRevocationStore>().FindAsync(position, context.RequestAborted).ConfigureAwait(false) is not { } act)
        {
            return Errors.UnknownRevocation.Problem();
        }

        var coverage = services.GetRequiredService<Verifiers>().Coverage(act.Position, DateTimeOffset.FromUnixTimeSeconds(act.At));
        return Results.Json(ToAnswer(act) with { InForce = ToAnswer(coverage) }, RevocationJson.Default.RevocationAnswer);
    }

    private static async Task<IResult> ListAsync(HttpContext context)
    {
        var reading = StrictQuery.Read(context.Request);
        if (!reading.IsRead)
        {
            return reading.Refusal;
        }

        var query = reading.Value;
        var limit = 50L;
        if (StrictQuery.ReadNumber(query, "limit", (1, RevocationRules.LargestPage), ref limit) is { } problem)
        {
            return problem;
        }

        var before = default(LogPosition);
        if (query["cursor"] is { } cursor && !LogPosition.TryParse(cursor, out before))
        {
            return Errors.MalformedQuery.Problem("cursor is not one that was given out.");
        }

        if (!TryMatch(query, out var match))
        {
            return Errors.MalformedQuery.Problem("Name one session or one subject.");
        }

        var acts = await context.RequestServices.GetRequiredService<IRevocationStore>()
            .ListAsync(new(Match: match, Actor: query["actor"]), before, (int)limit, context.RequestAborted).ConfigureAwait(false);
        var next = acts.Count == limit ? acts[^1].Position.ToString() : null;
        return Results.Json(new([.. acts.Select(ToAnswer)], next), RevocationJson.Default.RevocationsAnswer);
    }

    private static bool TryMatch(UrlEncoded query, out Match? match)
    {
        match = null;
        try
        {
            match = (query["session"], query["subject"]) switch
            {
                (null, null) => null,
                ({ } session, null) => Match.Session(session),
                (null, { } subject) => Match.Subject(subject),
                _ => throw new ArgumentException("Both."),
            };
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
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

    private static RevocationAnswer ToAnswer(Revocation act) => new()
    {
        Id = act.Position.ToRevocationId(),
        Position = act.Position.Value,
        Issuer = act.Issuer,
        Match = ToBody(act.Match),
        Effect = act.Effect.ToString().ToLowerInvariant(),
        Reason = act.Reason,
        Actor = act.Actor,
        At = DateTimeOffset.FromUnixTimeSeconds(act.At),
        RememberUntil = act.RememberUntil == RevocationState.Never ? null : DateTimeOffset.FromUnixTimeSeconds(act.RememberUntil),
        LiftedBy = act.LiftedBy?.ToRevocationId(),
    };

    private static InForceAnswer ToAnswer(ReceiptCoverage coverage) =>
        new(coverage.Verifiers, coverage.Applied, (long)coverage.Elapsed.TotalMilliseconds, coverage.Behind, coverage.CertainAt);

    private static MatchBody ToBody(Match match) => match.Kind switch
    {
        MatchKind.Token or MatchKind.Digest => new() { Token = match.Value },
        MatchKind.Session => new() { Session = match.Value },
        MatchKind.Subject => new() { Subject = match.Value },
        MatchKind.Client => new() { Client = match.Value },
        MatchKind.Tag => new() { Tag = new() { Name = match.Name!, Value = match.Value! } },
        MatchKind.Key => new() { Key = match.Value },
        _ => new() { Issuer = true },
    };
}
