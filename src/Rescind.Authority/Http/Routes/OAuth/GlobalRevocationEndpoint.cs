using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Revocations;

namespace Rescind.Authority.Http.Routes.OAuth;

/// <summary>
/// <c>POST /global-token-revocation</c> (draft-parecki-oauth-global-token-revocation): everything of one person. Of
/// ours their sessions end. At another issuer, whose refresh tokens we cannot reach, they have to log in again where
/// that shows in the tokens (GR-2).
/// </summary>
internal static class GlobalRevocationEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/global-token-revocation", (Delegate)PostAsync)
        .RequireScope(ScopeNames.Revoke)
        .Describe(new("Revokes everything of one person (Global Token Revocation).")
        {
            Body = GlobalRevocationJson.Default.GlobalRevocationBody, Status = StatusCodes.Status204NoContent,
            Failures = [Errors.InvalidSubject, Errors.NoSuchSubject, Errors.CannotBeLoggedOut, Errors.IssuerNotAllowed],
        });

    private static async Task<IResult> PostAsync(HttpContext context)
    {
        var reading = await StrictJson.ReadAsync(context.Request, GlobalRevocationJson.Default.GlobalRevocationBody)
            .ConfigureAwait(false);
        if (!reading.HasValue)
        {
            return reading.Refusal.Problem();
        }

        var subject = reading.Value.SubId;
        if (subject.Format != "iss_sub" || !TryMatch(subject.Sub, out var match))
        {
            return Errors.InvalidSubject.Problem();
        }

        var issuer = context.Service<Replica>().FindIssuer(subject.Iss);
        var own = subject.Iss == context.Options.Issuer;
        var request = RequestOf(match, subject.Iss, own, sendsAuthTime: issuer?.SendsAuthTime is true);
        if (context.Service<WhoMayRevoke>().Authorize(request, context.Caller, own) is { } refusal)
        {
            return refusal.Error == Errors.OwnLockOut
                ? Errors.CannotBeLoggedOut.Problem("It is the caller itself.")
                : refusal.Problem();
        }

        return issuer is null ? Errors.NoSuchSubject.Problem("The issuer is not registered.")
            : issuer.Claims.Subject != "sub"
                ? Errors.CannotBeLoggedOut.Problem($"That issuer's subject is the claim {issuer.Claims.Subject}.")
            : await RevokeAsync(context, request, own).ConfigureAwait(false);
    }

    private static async Task<IResult> RevokeAsync(HttpContext context, RevocationRequest request, bool own)
    {
        var revocations = context.Service<RevocationOperations>();
        if (own && !await revocations.IsKnownAsync(request, context.Audit, context.RequestAborted).ConfigureAwait(false))
        {
            return Errors.NoSuchSubject.Problem();
        }

        var receipt = await revocations.RevokeAsync(request, context.Audit, null, default, context.RequestAborted)
            .ConfigureAwait(false);
        if (!receipt.HasValue)
        {
            return receipt.Refusal.Problem();
        }

        context.Service<LogoutBursts>().Count(context.Caller.Actor);
        return TypedResults.NoContent();
    }

    private static RevocationRequest RequestOf(Match match, string issuer, bool own, bool sendsAuthTime) => new()
    {
        Match = match,
        Issuer = own ? null : issuer,
        Effect = !own && sendsAuthTime ? Effect.Reauthenticate : Effect.End,
        Reason = own || sendsAuthTime
            ? "global token revocation"
            : "global token revocation; the issuer's refresh tokens mint again (RSC2107)",
    };

    private static bool TryMatch(string subject, out Match match)
    {
        match = Match.Issuer;
        try
        {
            match = Match.Subject(subject);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}

/// <summary>Whom to revoke.</summary>
internal sealed record GlobalRevocationBody(SubjectIdentifier SubId);

/// <summary>A subject identifier of format <c>iss_sub</c> (RFC 9493 section 3.2.4).</summary>
internal sealed record SubjectIdentifier(string Format, string Iss, string Sub);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(GlobalRevocationBody))]
internal sealed partial class GlobalRevocationJson : JsonSerializerContext;
