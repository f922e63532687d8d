using System.Globalization;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Rescind.Verifier.Authentication;

/// <summary>The answers to a request without a usable token: RFC 6750 section 3, RFC 9470 section 3.</summary>
internal static class Challenges
{
    // One sentence for whatever is wrong: a stranger learns nothing from it, not even expired or revoked (BT-5, BT-6).
    private const string NotValid = "The access token is not valid";
    private const string LoginTooOld = "The login does not suffice; log in again";
    private const string InsufficientAuthentication = "insufficient_user_authentication";

    /// <summary>400 <c>invalid_request</c>.</summary>
    public static void Repeated(JwtBearerChallengeContext context)
    {
        context.HandleResponse();
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        Append(context, "invalid_request", "Send one Authorization header");
    }

    /// <summary>Replaces what the framework would tell of the failure.</summary>
    public static void Neutralise(JwtBearerChallengeContext context, VerdictKind kind)
    {
        if (context.Error is not null)
        {
            var tooOld = kind is VerdictKind.Reauthenticate;
            context.Error = tooOld ? InsufficientAuthentication : context.Error;
            context.ErrorDescription = tooOld ? LoginTooOld : NotValid;
        }
    }

    /// <summary>
    /// 401 with the age that a login may have, younger than the moment of the act and as young as the route demands,
    /// and with what else the route demands of it: all at once, so that one login is enough (SU-1).
    /// </summary>
    public static void Reauthenticate(JwtBearerChallengeContext context, AuthenticationState state, long now, bool explains)
    {
        context.HandleResponse();
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        var more = "";
        if (MaxAge(state, now) is { } maxAge)
        {
            more = string.Create(CultureInfo.InvariantCulture, $", max_age=\"{maxAge}\"");
        }

        if (state.StepUp?.AcrValues is { Count: > 0 } values)
        {
            more += $", acr_values=\"{string.Join(' ', values)}\"";
        }

        more += explains ? ExplanationOf(state.Verdict) : "";
        Append(context, context.Error ?? InsufficientAuthentication, context.ErrorDescription ?? LoginTooOld, more);
    }

    private static long? MaxAge(AuthenticationState state, long now)
    {
        // By an act there is always a second; by a route's demand alone only if it names an age.
        long? since = state.Verdict.Instant == 0 ? null : Math.Max(0, now - state.Verdict.Instant - 1);
        return state.StepUp?.MaxAge is { } demanded && !(since < demanded) ? demanded : since;
    }

    /// <summary>401 to the holder of a genuine token, with the act that took it back.</summary>
    public static void Explain(JwtBearerChallengeContext context, Verdict verdict)
    {
        context.HandleResponse();
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        Append(context, context.Error ?? "invalid_token", context.ErrorDescription ?? NotValid, ExplanationOf(verdict));
    }

    // A demand of the route alone has no act behind it.
    private static string ExplanationOf(Verdict verdict) => verdict.By.Value == 0 ? ""
        : $", reason=\"{verdict.Kind.ToString().ToLowerInvariant()}\", explanation=\"{verdict.By.ToRevocationId()}\"";

    private static void Append(JwtBearerChallengeContext context, string error, string description, string more = "")
    {
        var scheme = context.Options.Challenge;
        var separator = scheme.Contains(' ') ? ", " : " ";
        context.Response.Headers.Append(
            HeaderNames.WWWAuthenticate, $"{scheme}{separator}error=\"{error}\", error_description=\"{description}\"{more}");
    }
}
