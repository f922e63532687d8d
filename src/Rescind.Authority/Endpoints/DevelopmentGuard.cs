using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Endpoints;

/// <summary>
/// Keeps a development server to this machine: the usual reverse proxy beside it, and DNS rebinding, must not find an open door. A request
/// with forwarding headers or with a Host that is no loopback name gets 421.
/// </summary>
internal sealed class DevelopmentGuard(IOptions<AuthorityOptions> options)
{
    public Problem? Judge(HttpContext context)
    {
        if (!options.Value.Development)
        {
            return null;
        }

        var request = context.Request;
        return !IsLoopback(request.Host.Host) ? Errors.Misdirected.Problem("The Host is not a loopback name.")
            : request.Headers.Any(h => IsForwarding(h.Key)) ? Errors.Misdirected.Problem("The request was forwarded.")
            : context.Connection.RemoteIpAddress is { } remote && !IPAddress.IsLoopback(remote)
                ? Errors.Misdirected.Problem("The caller is on another machine.")
            : null;
    }

    /// <summary>Whether a host is this machine by its very spelling, without asking DNS.</summary>
    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static bool IsForwarding(string header) =>
        header.Equals("Forwarded", StringComparison.OrdinalIgnoreCase) || header.Equals("Via", StringComparison.OrdinalIgnoreCase)
        || header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);
}
