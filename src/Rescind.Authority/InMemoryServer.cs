using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Options;

namespace Rescind.Authority;

/// <summary>
/// What an Authority in Development needs on the test server of ASP.NET Core (<c>WebApplicationFactory</c>), which
/// listens nowhere: data of its own for each server, so that tests do not meet in one folder. Deleted with the host. A
/// folder that the app has chosen stays the app's.
/// </summary>
internal sealed class InMemoryServer(IServer? server = null) : IPostConfigureOptions<AuthorityOptions>, IDisposable
{
    /// <summary>The origin of its clients, by default.</summary>
    public const string Url = "http://localhost";

    private string? _folder;

    /// <summary>By name: the package is one for tests, and none of ours.</summary>
    public static bool Is(IServer? server) => server?.GetType().FullName == "Microsoft.AspNetCore.TestHost.TestServer";

    public void PostConfigure(string? name, AuthorityOptions options)
    {
        if (options.Development && Is(server) && options.DataDirectory == AuthorityOptions.DefaultDataDirectory)
        {
            options.DataDirectory = _folder ??= Directory.CreateTempSubdirectory("rescind-test-").FullName;
        }
    }

    public void Dispose()
    {
        try
        {
            if (_folder is not null)
            {
                Directory.Delete(_folder, recursive: true);
            }
        }
        catch (IOException)
        {
            // The system clears its temporary folder.
        }
    }
}
