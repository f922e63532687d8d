using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority;

/// <summary>Continues <c>AddRescindAuthority</c>: where sessions and revocations are kept.</summary>
public sealed class AuthorityBuilder
{
    internal AuthorityBuilder(IServiceCollection services) => Services = services;

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Keeps everything in one embedded SQLite file; a relative <paramref name="path"/> lies in the data directory. The
    /// default, with <c>rescind.db</c>. Throws <see cref="InvalidOperationException"/> if another file was named before.
    /// </summary>
    public AuthorityBuilder UseSqlite(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Services.Select(
            static service => service.ImplementationInstance).OfType<SqliteFile>().FirstOrDefault() is not { } named)
        {
            Services.AddSingleton(new SqliteFile(path));
        }
        else if (named.Path != path)
        {
            throw Errors.SecondStore.ToException($"They are {named.Path} and {path}.");
        }

        return this;
    }
}

/// <summary>The database file as it was configured.</summary>
internal sealed record SqliteFile(string Path)
{
    public string In(string dataDirectory) => System.IO.Path.GetFullPath(Path, System.IO.Path.GetFullPath(dataDirectory));
}
