using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;

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
        if (Services.All(static service => service.ServiceType != typeof(SqliteStore)))
        {
            throw Errors.SecondStore.ToException($"One is no file, and one is {path}.");
        }

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

    /// <summary>Keeps everything in another store; <paramref name="open"/> is called once, as the application starts.</summary>
    /// <param name="name">What it is, for whoever has named two.</param>
    /// <param name="open">Opens it.</param>
    internal AuthorityBuilder UseStore(string name, Func<IServiceProvider, Task<IAuthorityStore>> open)
    {
        if (Services.FirstOrDefault(static service => service.ImplementationInstance is SqliteFile) is { } named)
        {
            throw Errors.SecondStore.ToException($"They are {((SqliteFile)named.ImplementationInstance!).Path} and {name}.");
        }

        if (Services.All(static service => service.ServiceType != typeof(SqliteStore)))
        {
            throw Errors.SecondStore.ToException($"The second is {name}.");
        }

        Services.RemoveAll<SqliteStore>();
        Services.Remove(Services.First(static service => service.ImplementationType == typeof(DataCheck)));
        Services.Replace(ServiceDescriptor.Singleton(provider => Open(() => open(provider).GetAwaiter().GetResult())));
        return this;
    }

    /// <summary>
    /// What keeps the store from opening keeps the Authority from starting: with a number, like every refusal to start.
    /// </summary>
    internal static TStore Open<TStore>(Func<TStore> open)
    {
        try
        {
            return open();
        }
        catch (StoreUnavailableException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }
}

/// <summary>The database file as it was configured.</summary>
internal sealed record SqliteFile(string Path)
{
    public string In(string dataDirectory) => System.IO.Path.GetFullPath(Path, System.IO.Path.GetFullPath(dataDirectory));
}
