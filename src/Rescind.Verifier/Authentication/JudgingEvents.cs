using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// The app's own events, with the verdict after theirs: whatever object the app set, by instance or by type, goes on being asked
/// first and can refuse; none can turn a dead token valid. One for each authentication of a request.
/// </summary>
internal sealed class JudgingEvents(JwtBearerEvents inner, AuthenticationState state, SchemeVerifier scheme) : JwtBearerEvents
{
    public override async Task MessageReceived(MessageReceivedContext context)
    {
        if (context.Request.Headers.Authorization.Count > 1 || HandshakeTokens.Count(context.HttpContext) > 1)
        {
            context.Fail(new RepeatedTokenException());
            return;
        }

        await inner.MessageReceived(context).ConfigureAwait(false);
        if (context.Result is null && context.Token is null)
        {
            FindToken(context);
        }
    }

    private void FindToken(MessageReceivedContext context)
    {
        try
        {
            context.Token = scheme.Tokens.Find(context.HttpContext);
        }
        catch (ForeignOriginException failure)
        {
            context.Fail(failure);
        }
    }

    public override async Task TokenValidated(TokenValidatedContext context)
    {
        await inner.TokenValidated(context).ConfigureAwait(false);
        if (state.Facts is not { } facts || context.Result is { Succeeded: false })
        {
            return;
        }

        // Last, so that a revocation which arrives while the app's own handler waits still counts.
        await scheme.Judge.DecideAsync(context, state, facts).ConfigureAwait(false);
        if (!state.Verdict.IsValid)
        {
            context.Fail(TokenRefusedException.Of(state.Verdict));
        }
    }

    public override Task AuthenticationFailed(AuthenticationFailedContext context) => inner.AuthenticationFailed(context);

    public override Task Forbidden(ForbiddenContext context) => inner.Forbidden(context);

    public override async Task Challenge(JwtBearerChallengeContext context)
    {
        // By what was found, not only by the failure: the app's handler may have swallowed that, and unknown is never 401 (BT-9).
        if (state.Kind is VerdictKind.Unknown)
        {
            context.HandleResponse();
            UnknownAnswer.Of(context.HttpContext)?.Give(context.HttpContext);
        }
        else if (UnknownAnswer.IsGiven(context.HttpContext))
        {
            context.HandleResponse();
        }
        else if (context.AuthenticateFailure is RepeatedTokenException)
        {
            Challenges.Repeated(context);
        }
        else if (context.AuthenticateFailure is ForeignOriginException)
        {
            context.HandleResponse();
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
        }
        else
        {
            await RefuseAsync(context).ConfigureAwait(false);
        }
    }

    private async Task RefuseAsync(JwtBearerChallengeContext context)
    {
        if (state.IsTakenBack && context.Options.IncludeErrorDetails)
        {
            // The framework knows of no failure.
            context.Error = "invalid_token";
        }

        Challenges.Neutralise(context, state.Kind);
        await inner.Challenge(context).ConfigureAwait(false);
        if (context.Handled)
        {
            return;
        }

        var explains = scheme.Settings.ExplainRefusals;
        if (state.Kind is VerdictKind.Reauthenticate)
        {
            Challenges.Reauthenticate(context, state, scheme.Judge.Now, explains);
        }
        else if (explains && state.Kind is VerdictKind.Revoked or VerdictKind.Renew)
        {
            Challenges.Explain(context, state.Verdict);
        }
    }
}
