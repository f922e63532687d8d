using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Authentication;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Connections;

/// <summary>
/// The answer to a request that was let in and whose token does not hold any more, before its endpoint has run: that of
/// a request which was refused at once. Whatever stands between authorization and the endpoint may have taken its time.
/// </summary>
internal static class LateRefusal
{
    /// <summary>Answers the request if its token is known not to hold. Whether it did.</summary>
    public static async Task<bool> RefusesAsync(HttpContext context, Handshake handshake, Verdict verdict)
    {
        // What cannot be told is held, and its request waits: the Authority may have spoken for it.
        if (verdict.Kind is VerdictKind.Valid or VerdictKind.Unknown)
        {
            return false;
        }

        var scheme = handshake.Origin.Authentication;
        var handlers = context.RequestServices.GetRequiredService<IAuthenticationHandlerProvider>();
        if (await handlers.GetHandlerAsync(context, scheme).ConfigureAwait(false) is RevocationHandler handler)
        {
            handler.TakeBack(verdict, handshake.Facts);
        }

        await context.ChallengeAsync(scheme).ConfigureAwait(false);
        return true;
    }
}
