using System.Reflection;

namespace Rescind.EndToEnd;

/// <summary>Where the built programs are, and free places to run them.</summary>
internal static class Places
{
    private static readonly string Configuration =
        typeof(Places).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";

    private static readonly string Root = FindRoot();

    public static string Program { get; } = Path.Combine(
        Root, "src", "Rescind.Cli", "bin", Configuration, "net10.0", "Rescind.Cli.dll");

    public static string Orders { get; } = Sample("Orders");

    public static string Chat { get; } = Sample("Chat");

    public static string NewFolder() => Directory.CreateTempSubdirectory("rescind-e2e-").FullName;

    /// <summary>Where a sample runs: its page is beside its code.</summary>
    public static string FolderOf(string sample) => Path.Combine(Root, "samples", sample);

    private static string Sample(string name) => Path.Combine(FolderOf(name), "bin", Configuration, "net10.0", name + ".dll");

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
