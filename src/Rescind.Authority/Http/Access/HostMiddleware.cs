using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.HttpLogging;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;
using Rescind.Authority.Http.Output;

namespace Rescind.Authority.Http.Access;

/// <summary>
/// What our routes tell the middleware of the application that they are mapped in. Added last, so that it sees what the
/// application has asked for on purpose.
/// </summary>
internal static class HostMiddleware
{
    // Takes the place of the application's fallback policy, since our routes have rules of their own. Unlike
    // IAllowAnonymous it is combined with what the application demands of our routes on purpose, and so does not void it.
    private static readonly AuthorizationPolicy NoFallback = new AuthorizationPolicyBuilder().RequireAssertion(static _ => true)
        .Build();

    public static void Instruct(EndpointBuilder endpoint)
    {
        var metadata = endpoint.Metadata;
        metadata.Add(NoFallback);
        metadata.Add(NeverCached.Instance);
        metadata.Add(new HttpLoggingAttribute(HttpLoggingFields.None));
        if (!metadata.OfType<IncludedInDescription>().Any())
        {
            metadata.Add(new ExcludeFromDescriptionAttribute());
        }
        else if (metadata.OfType<Described>().LastOrDefault() is { } described)
        {
            metadata.Add(new EndpointSummaryAttribute(described.Summary));
        }

        // A poll is held for up to half a minute, and a client with a limit of its own waits for the answer.
        if (!metadata.Any(static item => item is RequestTimeoutAttribute or RequestTimeoutPolicy))
        {
            metadata.Add(new DisableRequestTimeoutAttribute());
        }

        // A held poll would occupy a place of a concurrency limiter for ever.
        if (metadata.OfType<HeldOpen>().Any() && !metadata.OfType<EnableRateLimitingAttribute>().Any())
        {
            metadata.Add(new DisableRateLimitingAttribute());
        }

        if (endpoint is RouteEndpointBuilder route && metadata.OfType<YieldsToTheApplication>().Any())
        {
            route.Order = 1;
        }
    }

    /// <summary>
    /// Before the endpoint: nothing on the way stores the answer unless the endpoint says so, no middleware compresses what
    /// holds a token beside what the caller chose (BREACH), and a client that takes the answer too slowly is cut off.
    /// </summary>
    public static void Prepare(HttpContext context, RouteAccess access)
    {
        // HTTP/2 has the limit of the whole server.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate
            && !(rate.MinDataRate?.BytesPerSecond >= LongAnswer.MinBytesPerSecond))
        {
            rate.MinDataRate = LongAnswer.Rate;
        }

        if (access.Kind is not AccessKind.Anonymous)
        {
            context.Response.Headers.CacheControl = "no-store";
            context.Request.Headers.Remove(HeaderNames.AcceptEncoding);
        }
    }

    /// <summary>Whether the application's own time limit for requests has run out.</summary>
    public static bool HasTimedOut(HttpContext context) =>
        context.Features.Get<IHttpRequestTimeoutFeature>()?.RequestTimeoutToken.IsCancellationRequested is true;

    private sealed class NeverCached : IOutputCachePolicy
    {
        public static readonly NeverCached Instance = new();

        public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
        {
            context.EnableOutputCaching = false;
            return ValueTask.CompletedTask;
        }

        public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) =>
            ValueTask.CompletedTask;

        public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation) =>
            ValueTask.CompletedTask;
    }
}

/// <summary>Metadata of the routes that answer only when there is something to say.</summary>
internal sealed class HeldOpen;

/// <summary>Metadata of the routes whose path the application may want for a route of its own, which then goes first.</summary>
internal sealed class YieldsToTheApplication;

/// <summary>Metadata of routes that the application wants in its own API description.</summary>
internal sealed class IncludedInDescription;
