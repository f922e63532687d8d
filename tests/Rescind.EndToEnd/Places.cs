using System.Net;
using System.Net.Sockets;
using System.Reflection;

namespace Rescind.EndToEnd;

/// <summary>Where the built programs are, and free places to run them.</summary>
internal static class Places
{
    private static readonly string Configuration =
        typeof(Places).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";

    private static readonly string Root = FindRoot();

    public static string Program { get; } = Path.Combine(Root, "src", "Rescind.Cli", "bin", Configuration, "net10.0", "Rescind.Cli.dll");

    public static string Orders { get; } = Path.Combine(Root, "samples", "Orders", "bin", Configuration, "net10.0", "Orders.dll");

    public static string NewFolder() => Directory.CreateTempSubdirectory("rescind-e2e-").FullName;

    public static Uri FreeUrl()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Rescind.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run inside the repository.");
    }
}
