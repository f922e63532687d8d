using System.Net;
using System.Text.Json.Nodes;

namespace Rescind.EndToEnd;

/// <summary>An Authority in its own process, which can be killed and started again on the same data and address.</summary>
internal sealed class AuthorityProcess : IAsyncDisposable
{
    private Child? _child;

    private AuthorityProcess(Uri url, string data)
    {
        Url = url;
        Data = data;
    }

    public Uri Url { get; }

    public string Data { get; }

    public string Output => _child?.Output ?? "";

    public static async Task<AuthorityProcess> StartAsync()
    {
        var authority = new AuthorityProcess(Places.FreeUrl(), Path.Combine(Places.NewFolder(), "data"));
        await authority.StartAgainAsync();
        return authority;
    }

    /// <summary>Starts it; <paramref name="under"/> is a program that runs it, such as a tracer, with its own arguments.</summary>
    public async Task StartAgainAsync(params string[] under)
    {
        string[] command = [.. under, "dotnet", Places.Program, "serve", "--urls", Url.ToString().TrimEnd('/'), "--data", Data];
        _child = Child.Start(command[0], command[1..]);
        await Readiness.WaitAsync(Url, _child, TimeSpan.FromSeconds(60));
    }

    public Task KillAsync() => _child!.KillAsync();

    public Task StopAsync() => _child!.StopAsync();

    /// <summary>A caller with the administrator's credentials, which the first start wrote down.</summary>
    public async Task<AuthorityClient> ConnectAsync()
    {
        var admin = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Data, "admin.json")))!;
        return await AuthorityClient.ConnectAsync(Url, (string)admin["client_id"]!, (string)admin["client_secret"]!);
    }

    public async ValueTask DisposeAsync()
    {
        if (_child is not null)
        {
            await _child.DisposeAsync();
        }

        Directory.Delete(Path.GetDirectoryName(Data)!, recursive: true);
    }
}

/// <summary>Waits until a server says that it is ready.</summary>
internal static class Readiness
{
    public static async Task WaitAsync(Uri url, Child child, TimeSpan limit)
    {
        using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5) };
        using var patience = new CancellationTokenSource(limit);
        while (!await IsReadyAsync(http))
        {
            if (child.HasExited || patience.IsCancellationRequested)
            {
                throw new InvalidOperationException($"Not ready at {url}:\n{child.Output}");
            }

            await Task.Delay(20);
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync("/health/ready");
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
