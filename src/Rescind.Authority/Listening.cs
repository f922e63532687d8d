using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority;

/// <summary>
/// Whether the server can listen at its URLs. It is asked before the store opens, so that a port that is taken leaves
/// nothing behind.
/// </summary>
internal static class Listening
{
    /// <summary>
    /// Throws <see cref="InvalidOperationException"/> with a sentence if one of the URLs cannot be listened at.
    /// </summary>
    public static void Check(IEnumerable<string> urls)
    {
        foreach (var url in urls)
        {
            if (FailureOf(Parse(url)) is { } failure)
            {
                throw Refusal(url, failure, null);
            }
        }
    }

    /// <summary>
    /// The same refusal, where another program was quicker than the server; null for a failure of another kind.
    /// </summary>
    public static InvalidOperationException? Refusal(IEnumerable<string> urls, Exception failure) =>
        SocketFailureOf(failure) is { } socket ? Refusal(string.Join(" or ", urls), socket.SocketErrorCode, failure) : null;

    private static InvalidOperationException Refusal(string url, SocketError failure, Exception? cause)
    {
        var reason = failure switch
        {
            SocketError.AddressAlreadyInUse => "the port is taken by another program",
            SocketError.AccessDenied => "this account may not use the port; ports below 1024 need a privilege",
            SocketError.AddressNotAvailable => "it is not an address of this machine",
            _ => new SocketException((int)failure).Message,
        };
        return new(Errors.CannotListen.Sentence($"It is {url}: {reason}."), cause);
    }

    private static BindingAddress Parse(string url)
    {
        try
        {
            return BindingAddress.Parse(url);
        }
        catch (FormatException e)
        {
            throw Errors.InvalidOptions.ToException($"urls holds '{url}', where no server can listen.", e);
        }
    }

    // What Kestrel would bind: localhost is both loopback addresses and every other name is any address, as far as the
    // machine has them.
    private static SocketError? FailureOf(BindingAddress address)
    {
        if (address.IsUnixPipe || address.IsNamedPipe)
        {
            return null;
        }

        IPAddress[] places = IPAddress.TryParse(address.Host, out var named) ? [named]
            : string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase)
                ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
            : [IPAddress.IPv6Any, IPAddress.Any];
        SocketError?[] failures = [.. places.Select(place => BindFailure(new(place, address.Port)))];
        return Array.Find(failures, failure => failure == SocketError.AddressAlreadyInUse)
            ?? (Array.TrueForAll(failures, failure => failure is not null) ? failures[0] : null);
    }

    // Bound and not listening: nobody can connect, and the address is free again at once.
    private static SocketError? BindFailure(IPEndPoint endpoint)
    {
        try
        {
            using var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            return null;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }

    private static SocketException? SocketFailureOf(Exception? failure) => failure switch
    {
        // What a store cannot reach is named by the store.
        null or StoreUnavailableException => null,
        SocketException socket => socket,
        AggregateException several =>
            several.InnerExceptions.Select(SocketFailureOf).FirstOrDefault(static found => found is not null),
        _ => SocketFailureOf(failure.InnerException),
    };
}
