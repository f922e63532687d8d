using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Stores;

namespace Rescind.Authority;

/// <summary>Continues <c>AddRescindAuthority</c>: where sessions and revocations are kept.</summary>
public sealed class AuthorityBuilder
{
    internal AuthorityBuilder(IServiceCollection services) => Services = services;

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Keeps everything in one embedded SQLite file; a relative <paramref name="path"/> lies in the data directory. The default, with
    /// <c>rescind.db</c>.
    /// </summary>
    public AuthorityBuilder UseSqlite(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Services.AddSingleton(new SqliteFile(path));
        return this;
    }
}

/// <summary>The database file as it was configured; the last one wins.</summary>
internal sealed record SqliteFile(string Path)
{
    public string In(string dataDirectory) => System.IO.Path.GetFullPath(Path, System.IO.Path.GetFullPath(dataDirectory));
}
