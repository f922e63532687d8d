using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Rescind.Cluster.Support;

namespace Rescind.EndToEnd;

/// <summary>
/// What the tests that are shared with one Authority get here: two nodes on one database of PostgreSQL, behind a load
/// balancer. Both are killed and started together.
/// </summary>
internal sealed class AuthorityProcess : IAsyncDisposable
{
    private readonly string _folder = Places.NewFolder();
    private readonly LoadBalancer _balancer = new();
    private readonly Node[] _nodes;

    private AuthorityProcess(string connectionString)
    {
        var key = Path.Combine(_folder, "master.key");
        File.WriteAllBytes(key, RandomNumberGenerator.GetBytes(32));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        var settings = new Dictionary<string, string>
        {
            ["Rescind__ConnectionString"] = connectionString,
            ["Rescind__MasterKeyFile"] = key,
            [Child.SmallHeap.Name] = Child.SmallHeap.Value,
        };
        _nodes = [.. new[] { "first", "second" }.Select(name => new Node(Path.Combine(_folder, name), settings, _balancer.Url))];
    }

    /// <summary>
    /// How long after its acknowledgement a revocation is enforced, of a hundred but for one: the node that a verifier
    /// asks learns of it by its next look at the database.
    /// </summary>
    public const double EnforcedWithinMilliseconds = 750;

    /// <summary>The load balancer.</summary>
    public Uri Url => _balancer.Url;

    public Node First => _nodes[0];

    public Node Second => _nodes[1];

    public string Output => string.Join('\n', _nodes.Select(node => node.Output)) + _balancer.Errors;

    public static Task<AuthorityProcess> StartAsync() => StartAsync(Databases.Current);

    /// <summary>The same on a server of its own.</summary>
    public static async Task<AuthorityProcess> StartAsync(Databases databases) =>
        await StartAsync(await databases.CreateAsync());

    /// <summary>The same on an empty database that is connected to like this.</summary>
    public static async Task<AuthorityProcess> StartAsync(string connectionString)
    {
        var cluster = new AuthorityProcess(connectionString);
        try
        {
            await cluster.StartAgainAsync();
            await cluster._balancer.StartAsync(cluster._nodes.Select(node => node.Url));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Both at once, on an empty database too.</summary>
    public Task StartAgainAsync() => Task.WhenAll(_nodes.Select(node => node.StartAsync()));

    public Task KillAsync() => Task.WhenAll(_nodes.Select(node => node.KillAsync()));

    /// <summary>A caller with the administrator's credentials, through the load balancer.</summary>
    public Task<AuthorityClient> ConnectAsync() => ConnectAsync(Url);

    /// <summary>The same, at one node.</summary>
    public async Task<AuthorityClient> ConnectAsync(Uri at)
    {
        var file = _nodes.Select(node => Path.Combine(node.Data, "admin.json")).Where(File.Exists)
            .OrderBy(File.GetLastWriteTimeUtc).Last();
        var admin = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        return await AuthorityClient.ConnectAsync(at, (string)admin["client_id"]!, (string)admin["client_secret"]!);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        await _balancer.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
