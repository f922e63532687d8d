using System.Reflection;

namespace Rescind.Cli.Tests.Support;

/// <summary>Where the built programs are, and free places to run them.</summary>
internal static class Places
{
    private static readonly string Configuration =
        typeof(Places).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";

    public static string Root { get; } = FindRoot();

    public static string Program { get; } = Path.Combine(
        Root, "src", "Rescind.Cli", "bin", Configuration, "net10.0", "Rescind.Cli.dll");

    public static string Embedded { get; } = Path.Combine(
        Root, "samples", "Embedded", "bin", Configuration, "net10.0", "Embedded.dll");

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

/// <summary>A temporary folder of one test.</summary>
internal sealed class Folder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("rescind-cli-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
