using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Http.Access;

/// <summary>
/// Keeps a development server to this machine: the usual reverse proxy beside it, and DNS rebinding, must not find an
/// open door. A request with forwarding headers or with a Host that is no loopback name gets 421, unless the app lists
/// the host that it was forwarded for.
/// </summary>
internal sealed class DevelopmentGuard(IOptions<AuthorityOptions> options)
{
    private const string Setting = "Rescind:" + nameof(AuthorityOptions.AllowForwardedHostsInDevelopment);

    public Refusal? Authorize(HttpContext context)
    {
        if (!options.Value.Development)
        {
            return null;
        }

        var request = context.Request;
        return !IsLoopback(request.Host.Host) && !IsListed(request.Host.Value)
                ? Errors.Misdirected.Refusal($"The Host is not a loopback name, and is not listed in {Setting}.")
            : context.Connection.RemoteIpAddress is { } remote && !IPAddress.IsLoopback(remote)
                ? Errors.Misdirected.Refusal("The caller is on another machine.")
            : ForwardedRequest.IsForwarded(request) ? AuthorizeForwarded(new(request))
            : null;
    }

    /// <summary>Whether a host is this machine by its very spelling, without asking DNS.</summary>
    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private Refusal? AuthorizeForwarded(ForwardedRequest forwarded) =>
        forwarded.Hosts.Count == 0
            ? Errors.Misdirected.Refusal(
                $"The request was forwarded, and no X-Forwarded-Host names one of the hosts that {Setting} lists.")
        : !forwarded.Hosts.All(IsListed)
            ? Errors.Misdirected.Refusal($"The request was forwarded for a host that {Setting} does not list. "
                + "If a dev server on this machine did it, list that host there, as host:port.")
        : !forwarded.Callers.All(IsLoopback)
            ? Errors.Misdirected.Refusal("The request was forwarded for a caller on another machine.")
        : null;

    private bool IsListed(string? host) =>
        options.Value.AllowForwardedHostsInDevelopment.Contains(host, StringComparer.OrdinalIgnoreCase);
}
