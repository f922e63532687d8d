using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpLogging;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Handshaking;

/// <summary>
/// Keeps what browsers have to put into the query of a handshake, a hub's <c>access_token</c> or a ticket, out of the
/// app's logs, or says so where only the app can do that.
/// </summary>
internal sealed class QueryLogs(ILoggerFactory loggers, EndpointDataSource? routes = null) : IHttpLoggingInterceptor
{
    /// <summary>The category of the host's own "Request starting", which is written before anything of the app runs.</summary>
    private const string Starting = "Microsoft.AspNetCore.Hosting.Diagnostics";

    /// <summary>Warns if hubs are mapped while the host logs the URL of each request.</summary>
    public void Check()
    {
        var hub = routes?.Endpoints.FirstOrDefault(static endpoint => endpoint.Metadata.GetMetadata<HubMetadata>() is not null);
        if (hub is not null && loggers.CreateLogger(Starting).IsEnabled(LogLevel.Information))
        {
            VerifierLog.TokensLogged(loggers.CreateLogger<QueryLogs>(), hub.DisplayName);
        }
    }

    public ValueTask OnRequestAsync(HttpLoggingInterceptorContext logContext)
    {
        if (logContext.HttpContext.GetEndpoint()?.Metadata.GetMetadata<CloseOnRevocationMetadata>() is not null)
        {
            logContext.Disable(HttpLoggingFields.RequestQuery);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask OnResponseAsync(HttpLoggingInterceptorContext logContext) => ValueTask.CompletedTask;
}
