using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Feeding;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;

namespace Rescind.Authority.Http.Routes.Feed;

/// <summary><c>/v1/feed</c> (<c>docs/protocol.md</c>).</summary>
internal static class FeedEndpoint
{
    private const int LongestText = 256;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/feed", (Delegate)PollAsync).RequireScope(ScopeNames.Feed)
            .Describe(new("The log after a position, as it grows.")
            {
                Query =
                [
                    "epoch", "after", "chain", "wait", "nonce", "verifier", "instance", "version", "bound", "leaving",
                    "connections", "closed", "canaries",
                ],
                Failures = [Errors.FeedGone, Errors.FeedConflict],
            }).WithMetadata(new HeldOpen(), new SaysItsAge());
    }

    private static async Task PollAsync(HttpContext context)
    {
        var reading = StrictQuery.Read(context.Request);
        var request = reading.HasValue ? Read(reading.Value) : Result<FeedRequest>.Refused(reading.Refusal);
        if (!request.HasValue)
        {
            await request.Refusal.Problem().ExecuteAsync(context).ConfigureAwait(false);
            return;
        }

        // A held poll must not hold up the end of the server.
        var stopping = context.Service<IHostApplicationLifetime>().ApplicationStopping;
        var address = context.Connection.RemoteIpAddress?.ToString();
        var answer = await context.Service<FeedServer>()
            .AnswerAsync(context.Caller.ClientId, address, request.Value, stopping, context.RequestAborted).ConfigureAwait(false);
        context.Service<AuthorityMetrics>().Polled(OutcomeOf(answer));
        var problem = answer.Outcome switch
        {
            FeedOutcome.Gone => Errors.FeedGone.Problem(),
            FeedOutcome.Conflict => Errors.FeedConflict.Problem(),
            _ => null,
        };
        await (problem is null ? WriteAsync(context, answer) : problem.ExecuteAsync(context)).ConfigureAwait(false);
    }

    private static string OutcomeOf(FeedAnswer answer) => answer.Outcome switch
    {
        FeedOutcome.Gone => "gone",
        FeedOutcome.Conflict => "conflict",
        _ => answer.Entries.Count > 0 ? "entries" : "none",
    };

    private static Task WriteAsync(HttpContext context, FeedAnswer answer)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return LongAnswer.SendAsync(context, async output =>
        {
            foreach (var part in FeedJson.Parts(answer))
            {
                await output.WriteAsync(part).ConfigureAwait(false);
            }
        });
    }

    private static Result<FeedRequest> Read(UrlEncoded query)
    {
        var chain = default(LogChain);
        var hasChain = query["chain"] is { Length: > 0 };
        if (query["epoch"] is not { Length: <= LongestText } epoch || !LogPosition.TryParse(query["after"], out var after)
            || (hasChain && !LogChain.TryParse(query["chain"], out chain)) || query["nonce"] is { Length: > LongestText }
            || !TryReadSeconds(query["wait"] ?? "0", out var wait) || query["leaving"] is not (null or "1"))
        {
            return Refused("An epoch and a position must be given; chain, wait, nonce and leaving=1 may be.");
        }

        if (!TryReadConnections(query, out var connections))
        {
            return Refused("Live and closed connections must be two numbers, or none.");
        }

        IReadOnlyList<CanaryReport>? canaries = null;
        if (query["canaries"] is { } reported && !CanaryReport.TryRead(reported, out canaries))
        {
            return Refused(
                $"Canaries must be none, or at most {CanaryReport.Most} of id.verdict.open or id.verdict.closed.");
        }

        if (!TryReadFollower(query, out var follower))
        {
            return Refused($"A verifier must name itself, its instance and its bound: seconds up to {Retention.LargestBound}.");
        }

        return Result<FeedRequest>.Of(new()
        {
            Epoch = epoch,
            After = after,
            Chain = hasChain ? chain : null,
            Wait = wait,
            Nonce = query["nonce"] ?? "",
            Follower = follower,
            Leaving = query["leaving"] == "1",
            Connections = connections,
            Canaries = canaries,
        });
    }

    private static bool TryReadFollower(UrlEncoded query, out FollowerIdentity? follower)
    {
        follower = null;
        if (query["instance"] is not { } instance)
        {
            return true;
        }

        if (instance.Length > LongestText || query["verifier"] is not { Length: <= LongestText } name
            || query["version"] is { Length: > LongestText }
            || !TryReadSeconds(query["bound"], out var bound) || bound <= TimeSpan.Zero
            || bound > TimeSpan.FromSeconds(Retention.LargestBound))
        {
            return false;
        }

        follower = new(name, instance, bound, query["version"]);
        return true;
    }

    private static bool TryReadConnections(UrlEncoded query, out ConnectionCounts? connections)
    {
        connections = null;
        if (query["connections"] is null && query["closed"] is null)
        {
            return true;
        }

        var read = TryReadCount(query["connections"], out var live) & TryReadCount(query["closed"], out var closed);
        connections = new(live, closed);
        return read;
    }

    private static bool TryReadCount(string? text, out long count)
    {
        count = 0;
        return text is { Length: <= 12 } && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count);
    }

    private static bool TryReadSeconds(string? text, out TimeSpan value)
    {
        value = default;
        if (text is null || text.Length > 12
            || !decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            || seconds > (decimal)TimeSpan.FromDays(1).TotalSeconds)
        {
            return false;
        }

        value = TimeSpan.FromSeconds((double)seconds);
        return true;
    }

    private static Result<FeedRequest> Refused(string specifics) =>
        Result<FeedRequest>.Refused(Errors.MalformedQuery.Refusal(specifics));
}
