namespace Rescind.EndToEnd;

/// <summary>
/// Disks that only one process and its children see: mounts in a namespace of its own, which go with it. What lies on
/// them is reached through <c>/proc</c>.
/// </summary>
internal static class PrivateMount
{
    private static readonly string[] InNamespace = Environment.IsPrivilegedProcess
        ? ["unshare", "--mount"]
        : ["unshare", "--user", "--map-root-user", "--mount"];

    /// <summary>Runs a program with a disk of 64 MiB at <paramref name="folder"/>.</summary>
    public static string[] OfSmallDisk(string folder) =>
        Of(folder, "mkdir -p \"$0\" && mount -t tmpfs -o size=64m,mode=700 none \"$0\"");

    /// <summary>Runs a program for which <paramref name="path"/>, a folder or a file, is read-only whoever it is.</summary>
    public static string[] ReadOnly(string path) => Of(path, "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\"");

    private static string[] Of(string path, string mount) => [.. InNamespace, "sh", "-c", $"{mount} && exec \"$@\"", path];
}
