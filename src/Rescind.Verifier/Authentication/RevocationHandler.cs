using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// The framework's JWT bearer handler, whose every yes needs a verdict. One instance for each request and scheme.
/// </summary>
internal sealed class RevocationHandler(
    IOptionsMonitor<JwtBearerOptions> options, ILoggerFactory loggers, UrlEncoder encoder, SchemeVerifiers verifiers)
    : JwtBearerHandler(options, loggers, encoder)
{
    private readonly AuthenticationState _state = new();

    /// <summary>The token was found valid and is not any more: a challenge says so from now on.</summary>
    public void TakeBack(Verdict verdict, TokenFacts facts)
    {
        (_state.Verdict, _state.Kind, _state.IsTakenBack) = (verdict, verdict.Kind, true);
        Context.Features.Set<IVerdictFeature>(new VerdictFeature(Scheme.Name, verdict, facts));
    }

    // Here and not in the options: events set by type (EventsType) come into being only now.
    protected override async Task InitializeEventsAsync()
    {
        await base.InitializeEventsAsync().ConfigureAwait(false);
        Events = new JudgingEvents(Events, _state, verifiers.Of(Scheme.Name));
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        _state.Begin();
        var result = await base.HandleAuthenticateAsync().ConfigureAwait(false);
        verifiers.Of(Scheme.Name).Judge.Count(_state.Kind);
        if (_state.Kind is VerdictKind.Unknown)
        {
            UnknownAnswer.Note(Context, Scheme.Name, _state.RetryAfter);
        }

        // An event of the app can say yes by itself, before or after the token was looked at. Nothing passes unjudged.
        return result.Succeeded && _state.Kind is not VerdictKind.Valid
            ? AuthenticateResult.Fail(
                new TokenRefusedException(_state.Kind, "The app's events accepted what was not found valid."))
            : result;
    }
}
