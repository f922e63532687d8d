using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// The app's authentication, with two things before its challenges: a poll of a watched hub hears what its connection
/// has to say; and if a scheme that the request was to be let in by cannot tell whether its token was revoked, that is
/// the answer, whichever scheme is challenged, in whatever order, and whoever forwards to whom. One for each request.
/// </summary>
/// <param name="inner">The app's own.</param>
/// <param name="schemes">By which schemes a route lets in.</param>
/// <param name="answersForHub">
/// Answers a request of a watched hub that is about to be refused, if its connection has a word for it. Whether it did.
/// </param>
internal sealed class UnknownFirst(
    IAuthenticationService inner, RouteSchemes schemes, Func<HttpContext, Task<bool>> answersForHub) : IAuthenticationService
{
    // While the schemes behind a name are being found out: those that were asked.
    private List<string>? _asked;

    public Task<AuthenticateResult> AuthenticateAsync(HttpContext context, string? scheme)
    {
        if (scheme is not null)
        {
            _asked?.Add(scheme);
        }

        return inner.AuthenticateAsync(context, scheme);
    }

    public async Task ChallengeAsync(HttpContext context, string? scheme, AuthenticationProperties? properties)
    {
        if (!await AnswersAsync(context, scheme).ConfigureAwait(false))
        {
            await inner.ChallengeAsync(context, scheme, properties).ConfigureAwait(false);
        }
    }

    // Somebody else may be let in by another scheme and lack a right that the token would have given.
    public async Task ForbidAsync(HttpContext context, string? scheme, AuthenticationProperties? properties)
    {
        if (!await AnswersAsync(context, scheme).ConfigureAwait(false))
        {
            await inner.ForbidAsync(context, scheme, properties).ConfigureAwait(false);
        }
    }

    public Task SignInAsync(
        HttpContext context, string? scheme, ClaimsPrincipal principal, AuthenticationProperties? properties) =>
        inner.SignInAsync(context, scheme, principal, properties);

    public Task SignOutAsync(HttpContext context, string? scheme, AuthenticationProperties? properties) =>
        inner.SignOutAsync(context, scheme, properties);

    private async Task<bool> AnswersAsync(HttpContext context, string? scheme)
    {
        if (await answersForHub(context).ConfigureAwait(false))
        {
            return true;
        }

        if (UnknownAnswer.Of(context) is not { } answer)
        {
            return false;
        }

        if (!UnknownAnswer.IsGiven(context))
        {
            if (!answer.IsOneOf(
                await BehindAsync(context, await ChoiceAsync(context, scheme).ConfigureAwait(false)).ConfigureAwait(false)))
            {
                answer.Remember(context.Response);
                return false;
            }

            answer.Give(context);
        }

        return UnknownAnswer.IsGiven(context);
    }

    /// <summary>
    /// The schemes that the request could have been let in by: those of the route's policy, which are challenged one by
    /// one. An app that challenges a scheme which its route does not name means that one alone.
    /// </summary>
    private async Task<IReadOnlyList<string>> ChoiceAsync(HttpContext context, string? scheme)
    {
        var route = context.GetEndpoint()?.Metadata ?? EndpointMetadataCollection.Empty;
        var ofRoute = await schemes.OfAsync(route).ConfigureAwait(false);
        return scheme is null || ofRoute.Contains(scheme) ? ofRoute : [scheme];
    }

    /// <summary>
    /// The same with those that they forward to. Each has been asked before, and answers from what it found then.
    /// </summary>
    private async Task<IReadOnlyList<string>> BehindAsync(HttpContext context, IReadOnlyList<string> names)
    {
        List<string> asked = [];
        _asked = asked;
        try
        {
            foreach (var name in names)
            {
                await AuthenticateAsync(context, name).ConfigureAwait(false);
            }
        }
        finally
        {
            _asked = null;
        }

        return asked;
    }
}
