using System.Net;
using System.Net.Sockets;
using Rescind.Authority.Stores;

namespace Rescind.Conformance.Hostile;

/// <summary>Tests that measure the process that they run in, one after another when all others are done.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>G8: whatever a stranger sends, one request allocates at most 1 MiB.</summary>
[Collection(nameof(Alone))]
public sealed class BoundedWork(Target target) : IClassFixture<Target>
{
    private const long Limit = 1024 * 1024;
    private const int WarmUps = 3;
    private const int Rounds = 5;

    private static readonly byte[] Received = new byte[1024 * 1024];

    [Fact]
    public async Task No_request_of_a_stranger_allocates_more_than_one_MiB()
    {
        var genuine = target.Host.AccessTokenOf(await target.Host.StartSessionAsync());
        var issuer = StrangersRequests.LogoutIssuer(target.Address);
        await target.Host.Get<IRegistryStore>()
            .SaveIssuerAsync(issuer, AuditContext.System, TestContext.Current.CancellationToken);
        var places = target.Routes.Select(route => new Place(route.Method, route.Path, route.Access.IsInBody));
        var costs = StrangersRequests.To(places, genuine)
            .ToDictionary(request => request.Name, request => Allocated(request.Bytes));
        var (dearest, most) = costs.MaxBy(cost => cost.Value);
        most.ShouldBeInRange(1, Limit, $"{dearest} allocates {most} bytes");
    }

    // The least of several rounds: what the rest of the process does meanwhile is not the request's.
    private long Allocated(byte[] request)
    {
        for (var i = 0; i < WarmUps; i++)
        {
            Ask(request);
        }

        return Enumerable.Range(0, Rounds).Min(_ =>
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Ask(request);
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        });
    }

    // Synchronous, into one buffer: nearly everything that is measured is the server's.
    private void Ask(byte[] request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, target.Address.Port);
        socket.Send(request);
        var length = 0;
        for (var read = 1; read > 0; length += read)
        {
            read = socket.Receive(Received, length, Received.Length - length, SocketFlags.None);
        }

        Received.AsSpan(0, length).StartsWith("HTTP/1.1 "u8).ShouldBeTrue();
    }
}
