namespace Rescind.Authority.Stores;

/// <summary>The data directory: its owner's alone, whatever is kept there.</summary>
internal static class OwnFolder
{
    /// <summary>Makes it, unless it is there; throws as <see cref="Directory.CreateDirectory(string)"/> does.</summary>
    public static void Create(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
