using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority;

/// <summary>
/// The issuer that nobody set, in Development alone: where the app is told to listen, and the path at which it maps the
/// Authority. Taken from what starts the app, never from a request's Host.
/// </summary>
internal sealed class DevelopmentIssuer(
    IConfiguration configuration, IServer? server = null) : IPostConfigureOptions<AuthorityOptions>
{
    private string? _path;

    /// <summary>Whether it is mapped in a group, whose own prefix cannot be known: the issuer has to be told then.</summary>
    public bool IsInGroup { get; private set; }

    /// <summary>Throws <see cref="InvalidOperationException"/> if the endpoints have been mapped already.</summary>
    public void MappedAt(string prefix, bool isInGroup) => (_path, IsInGroup) = _path is null
        ? (prefix.Trim('/') is { Length: > 0 } path ? "/" + path : "", isInGroup)
        : throw Errors.SecondAuthority.ToException("MapRescind() was called again.");

    public void PostConfigure(string? name, AuthorityOptions options)
    {
        if (options.Development && !IsInGroup && string.IsNullOrEmpty(options.Issuer)
            && Uri.TryCreate(FirstUrl(), UriKind.Absolute, out var url))
        {
            options.Issuer = url.GetLeftPart(UriPartial.Authority) + _path;
        }
    }

    // What code adds to the server wins over configuration, as it does for the server itself.
    private string? FirstUrl() =>
        server?.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
        ?? configuration[WebHostDefaults.ServerUrlsKey]
            ?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault()
        ?? (InMemoryServer.Is(server) ? InMemoryServer.Url : null);
}
