using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Connections.Hubs;

/// <summary>
/// The requests of a hub connection that there is already: polls, and what its client sends. One that brings a new
/// token renews the connection by it. A poll whose token does not let it in is told what the same client would be told
/// on a WebSocket, and nothing else; what the client sends with such a token is not taken.
/// </summary>
internal sealed class HubRequests(PolledHubs hubs, VerifierClock clock)
{
    /// <summary>
    /// How long a client has to read why its connection is over before what it sends is refused: the refusal of a send
    /// would be all that a stock client tells of it.
    /// </summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a poll waits at most while its connection is held: its client has the next one for a newer token.
    /// </summary>
    private static readonly TimeSpan HeldPoll = TimeSpan.FromSeconds(3);

    private static readonly object AnsweredKey = new();

    /// <summary>
    /// Whether <see cref="AnswersAsync"/> has let the request through, to a connection that judges what it brings.
    /// </summary>
    public static bool IsAnswered(HttpContext context) => context.Items.ContainsKey(AnsweredKey);

    /// <summary>Runs a request that its token has let in.</summary>
    public async Task RunAsync(HttpContext context, Handshake handshake, RequestDelegate next)
    {
        if (hubs.Find(context) is { } hub)
        {
            if (!hub.IsOnRoute(context))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }

            hub.LetIn(IsPoll(context, hub));
            hub.Connection.Meet(new(handshake.Origin.Authentication, handshake.Facts, handshake.User.Now, IsAllowed: true));
            if (IsPoll(context, hub) && IsOver(hub) && await TellsAsync(context, hub).ConfigureAwait(false))
            {
                return;
            }

            context.User = hub.User;
        }

        await next(context).ConfigureAwait(false);
    }

    /// <summary>Answers a request that is about to be refused, if its connection has a word for it. Whether it did.</summary>
    public async Task<bool> AnswersAsync(HttpContext context)
    {
        if (IsAnswered(context))
        {
            return true;
        }

        if (hubs.Find(context) is not { } hub || !hub.IsOnRoute(context)
            || !(IsPoll(context, hub) || HttpMethods.IsPost(context.Request.Method)
                || HttpMethods.IsDelete(context.Request.Method)))
        {
            return false;
        }

        var shown = context.Features.Get<IVerdictFeature>();
        if (shown is { Verdict.IsValid: true })
        {
            // The route does not let its holder in, any more.
            hub.Connection.Meet(new(shown.Scheme, shown.Facts, context.User, IsAllowed: false));
        }

        if (IsOver(hub))
        {
            return await TellsAsync(context, hub).ConfigureAwait(false);
        }

        if (!MayPass(context, hub, shown))
        {
            return false;
        }

        context.Items[AnsweredKey] = context.User = hub.User;
        using var end = IsPoll(context, hub)
            ? clock.Time.CreateTimer(static polled => ((PolledHub)polled!).EndHeldPoll(), hub, HeldPoll, HeldPoll)
            : null;
        await context.GetEndpoint()!.RequestDelegate!(context).ConfigureAwait(false);
        return true;
    }

    private static bool IsPoll(HttpContext context, PolledHub hub) =>
        hub.IsLongPolling && HttpMethods.IsGet(context.Request.Method);

    private static bool IsOver(PolledHub hub) => hub.Connection.Look() is DeliveryState.Shut;

    // Its connection is held as one on a WebSocket is, or was renewed by a call. Of a token that is out of date a newer
    // one may be at hand.
    private static bool MayPass(HttpContext context, PolledHub hub, IVerdictFeature? shown) =>
        shown is not null && hub.Connection.IsOfTheSame(shown.Facts) && shown.Verdict.Kind switch
        {
            VerdictKind.Unknown => true,

            // From the future, since the clock was set back: its connection waits until that is right.
            VerdictKind.Invalid => hub.Connection.Look() is DeliveryState.Held,
            VerdictKind.Renew => !(AsksAgain(context.Request) && hub.RefusesNext(IsPoll(context, hub))),
            _ => false,
        };

    // SignalR's client for .NET repeats a request that was refused, with the newest token of its provider. Others take
    // the first refusal for the end of the connection, the one for JavaScript among them.
    private static bool AsksAgain(HttpRequest request) => request.Headers.Authorization.Count > 0
        && (IsForDotnet(request.Headers.UserAgent.ToString()) || IsForDotnet(request.Headers["X-SignalR-User-Agent"].ToString()));

    private static bool IsForDotnet(string agent) =>
        agent.StartsWith("Microsoft SignalR/", StringComparison.Ordinal) && agent.Contains("; .NET;");

    // Why the connection is over, when its turn to be closed has come.
    private async Task<bool> TellsAsync(HttpContext context, PolledHub hub)
    {
        if (await hub.Ended.WaitAsync(context.RequestAborted).ConfigureAwait(false) is not { } close)
        {
            return false;
        }

        if (!IsPoll(context, hub))
        {
            await Task.Delay(Pause, clock.Time, context.RequestAborted).ConfigureAwait(false);
            return false;
        }

        context.Items[AnsweredKey] = hub;
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.Headers[HeaderNames.CacheControl] = "no-store";
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = close.Length;
        await context.Response.Body.WriteAsync(close, context.RequestAborted).ConfigureAwait(false);
        return true;
    }
}
