using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Feeding;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Http.Routes.Feed;

/// <summary>
/// <c>/v1/feed/snapshot</c> (<c>docs/protocol.md</c>), written as the store is read, in constant memory. Each one keeps the
/// write-ahead log from being folded back while it is read, so a few are served at once, and whoever reads too slowly is cut off.
/// </summary>
internal static class SnapshotEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/feed/snapshot", (Delegate)AnswerAsync).RequireScope(ScopeNames.Feed)
            .Describe(new("The whole map, one entry a line.")
            {
                Query = ["now"], Failures = [Errors.TooManySnapshots, Errors.VerifierBehind],
            })
            .WithMetadata(new HeldOpen(), new SaysItsAge());

    private static async Task AnswerAsync(HttpContext context)
    {
        if (ReadNow(context.Request, out var now) is { } refusal)
        {
            await refusal.Problem().ExecuteAsync(context).ConfigureAwait(false);
            return;
        }

        if (now is { } theirs && !context.Service<FeedServer>().KeepsWhatIsNeededAt(theirs))
        {
            await Errors.VerifierBehind.Problem().ExecuteAsync(context).ConfigureAwait(false);
            return;
        }

        using var download = context.Service<SnapshotDownloads>().TryBegin(context.Caller.ClientId);
        if (download is null)
        {
            var refused = new Refusal(Errors.TooManySnapshots) { RetryAfterSeconds = Refusal.UnavailableRetrySeconds };
            await refused.Problem().ExecuteAsync(context).ConfigureAwait(false);
            return;
        }

        await LongAnswer.SendAsync(context, answer => WriteAsync(context, now, answer)).ConfigureAwait(false);
    }

    private static Refusal? ReadNow(HttpRequest request, out long? now)
    {
        now = null;
        var query = StrictQuery.Read(request);
        if (!query.HasValue)
        {
            return query.Refusal;
        }

        var second = 0L;
        var refusal = StrictQuery.ReadNumber(query.Value, "now", (0, LogPosition.MaxValue), ref second);
        now = query.Value["now"] is null ? null : second;
        return refusal;
    }

    private static async Task WriteAsync(HttpContext context, long? now, LongAnswer answer)
    {
        context.Response.ContentType = "application/x-ndjson";
        context.Response.Headers.CacheControl = "no-store";

        // Aside, so that a store that fails at once is answered with an error and nothing else.
        var output = new ArrayBufferWriter<byte>(LongAnswer.PieceBytes);
        var entries = 0L;
        await context.Service<IRevocationStore>()
            .SnapshotAsync(new(now, IsSecondClock: now is not null), Begin, Add, context.RequestAborted).ConfigureAwait(false);
        FeedJson.WriteSnapshotEnd(entries, output);
        await EndLine().ConfigureAwait(false);
        await FlushAsync().ConfigureAwait(false);

        Task Begin(LogHead head)
        {
            FeedJson.WriteSnapshotHeader(context.Service<FeedServer>().SnapshotHeader(head), output);
            return EndLine();
        }

        Task Add(LogEntry entry)
        {
            entries++;
            FeedJson.WriteEntry(entry, output);
            return EndLine();
        }

        Task EndLine()
        {
            output.Write("\n"u8);
            return output.WrittenCount < LongAnswer.PieceBytes ? Task.CompletedTask : FlushAsync();
        }

        async Task FlushAsync()
        {
            await answer.WriteAsync(output.WrittenMemory).ConfigureAwait(false);
            output.ResetWrittenCount();
        }
    }
}
