using System.Diagnostics;
using System.Net.Sockets;

namespace Rescind.Cli.Demo;

/// <summary>
/// The processes of the demo: this program again as an Authority, and twice as an API, on free loopback ports, in a
/// temporary folder. All are stopped and the folder is deleted at the end, however it ends.
/// </summary>
internal sealed class DemoProcesses(TimeProvider time, CancellationToken cancellation) : IAsyncDisposable
{
    /// <summary>The hidden verb by which this program becomes an API of the demo.</summary>
    public const string ApiVerb = "demo-api";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("rescind-demo-").FullName;
    private readonly List<Process> _processes = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private Process? _authority;

    public Uri Authority { get; } = FreeUrl();

    public Uri[] Apis { get; } = [FreeUrl(), FreeUrl()];

    /// <summary>The administrator's credentials, as the first start wrote them down.</summary>
    public (string Id, string Secret) Admin { get; private set; }

    private string Data => Path.Combine(_folder, "data");

    public async Task StartAuthorityAsync()
    {
        _authority = Start(["serve", "--urls", UrlOf(Authority), "--data", Data], []);
        await UntilReadyAsync(_authority, Authority);
        var admin = JsonNode.Parse(
            await File.ReadAllTextAsync(Path.Combine(Data, "admin.json"), cancellation))!;
        Admin = ((string)admin["client_id"]!, (string)admin["client_secret"]!);
    }

    public async Task StartApisAsync()
    {
        var started = Apis.Select((url, i) => (url, process: Start([ApiVerb, "--urls", UrlOf(url)], new()
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["Rescind__Authority"] = UrlOf(Authority),
            ["Rescind__Audience"] = DemoScenario.Audience,
            ["Rescind__Name"] = $"api-{i + 1}",
            ["Rescind__ClientId"] = Admin.Id,
            ["Rescind__ClientSecret"] = Admin.Secret,
        }))).ToList();
        foreach (var (url, process) in started)
        {
            await UntilReadyAsync(process, url);
        }
    }

    /// <summary>SIGKILL: no code of it runs any more.</summary>
    public async Task KillAuthorityAsync()
    {
        _authority!.Kill(entireProcessTree: true);
        await _authority.WaitForExitAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
            }

            process.Dispose();
        }

        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Process Start(string[] arguments, Dictionary<string, string> environment)
    {
        var itself = Environment.ProcessPath!;
        string[] command = Path.GetFileNameWithoutExtension(itself) == "dotnet"
            ? [typeof(DemoProcesses).Assembly.Location, .. arguments]
            : arguments;

        // Their output is for nobody: what they have to say comes over HTTP.
        var start = new ProcessStartInfo(itself, command) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
        return process;
    }

    private async Task UntilReadyAsync(Process process, Uri url)
    {
        var began = time.GetTimestamp();
        while (!await IsReadyAsync(url))
        {
            if (process.HasExited || time.GetElapsedTime(began) > Patience)
            {
                throw new DemoFailedException($"nobody answers at {url}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellation);
        }
    }

    private async Task<bool> IsReadyAsync(Uri url)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(url, "/health/ready"), cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string UrlOf(Uri url) => url.ToString().TrimEnd('/');

    private static Uri FreeUrl()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }
}
