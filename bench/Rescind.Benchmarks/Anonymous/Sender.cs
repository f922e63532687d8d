using System.Net;
using System.Net.Sockets;

namespace Rescind.Benchmarks.Anonymous;

/// <summary>Sends a request again and again, each on a connection of its own, and measures this process meanwhile.</summary>
internal sealed class Sender(Uri server)
{
    private const int WarmUps = 20;

    private readonly byte[] _received = new byte[1024 * 1024];

    /// <summary>What one request costs: the median of the rounds.</summary>
    public RequestCost Measure(byte[] request, int rounds, int requests)
    {
        Send(request, WarmUps);
        var costs = Enumerable.Range(0, rounds).Select(_ => Round(request, requests)).ToList();
        return new(Median(costs.Select(cost => cost.Milliseconds)), Median(costs.Select(cost => cost.KiB)));
    }

    private RequestCost Round(byte[] request, int requests)
    {
        var (time, bytes) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true));
        Send(request, requests);
        return new(
            (Environment.CpuUsage.TotalTime - time).TotalMilliseconds / requests,
            (GC.GetTotalAllocatedBytes(precise: true) - bytes) / 1024.0 / requests);
    }

    private void Send(byte[] request, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(IPAddress.Loopback, server.Port);
            socket.Send(request);
            while (socket.Receive(_received) > 0)
            {
            }
        }
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(values.Count() / 2);
}

/// <summary>What one request costs.</summary>
internal readonly record struct RequestCost(double Milliseconds, double KiB);
