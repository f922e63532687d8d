using System.Text.Json.Nodes;
using Rescind.Conformance.Support;

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

    /// <summary>How long after its acknowledgement a revocation is enforced, of a hundred but for one.</summary>
    public const double EnforcedWithinMilliseconds = 250;

    public Uri Url { get; }

    public string Data { get; }

    /// <summary>The data as the running process sees it, on whatever is mounted there.</summary>
    public string VisibleData => $"/proc/{_child!.Id}/root{Data}";

    public Child Process => _child!;

    public string Output => _child?.Output ?? "";

    /// <summary>One that does not run yet.</summary>
    public static AuthorityProcess New() => new(new Uri(FreeUrl.Next()), Path.Combine(Places.NewFolder(), "data"));

    public static async Task<AuthorityProcess> StartAsync()
    {
        var authority = New();
        await authority.StartAgainAsync();
        return authority;
    }

    /// <summary>
    /// Starts it; <paramref name="under"/> is a program that runs it, such as a tracer, with its own arguments.
    /// </summary>
    public async Task StartAgainAsync(params string[] under)
    {
        _child = Start(Url, under);
        await Readiness.WaitAsync(Url, _child, TimeSpan.FromSeconds(60));
    }

    /// <summary>Starts another on the same data, which is to end by itself; what it said, with its exit code before it.</summary>
    public async Task<string> RefusedAsync(Uri? url = null, params string[] under)
    {
        await using var child = Start(url ?? Url, under);
        return $"{await child.EndAsync()}: {child.Output.Trim()}";
    }

    /// <summary>Runs a verb of the program to its end; what it said.</summary>
    public static async Task<string> RunAsync(params string[] verb)
    {
        await using var child = Child.Start("dotnet", [Places.Program, .. verb]);
        (await child.EndAsync()).ShouldBe(0, child.Output);
        return child.Output;
    }

    public Task KillAsync() => _child!.KillAsync();

    public Task StopAsync() => _child!.SignalAndWaitAsync("TERM");

    /// <summary>Puts what a kill of this very moment would leave into another folder, and kills it.</summary>
    public async Task KillIntoAsync(string folder)
    {
        await _child!.SignalAsync("STOP");
        await using (var copy = Child.Start("cp", ["-a", VisibleData + "/.", folder]))
        {
            (await copy.EndAsync()).ShouldBe(0, copy.Output);
        }

        await KillAsync();
    }

    /// <summary>A caller with the administrator's credentials, which the first start wrote down.</summary>
    public async Task<AuthorityClient> ConnectAsync()
    {
        var admin = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(VisibleData, "admin.json")))!;
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

    private Child Start(Uri url, string[] under)
    {
        string[] command = [.. under, "dotnet", Places.Program, "serve", "--urls", url.ToString().TrimEnd('/'), "--data", Data];
        return Child.Start(
            command[0], command[1..], new Dictionary<string, string> { [Child.SmallHeap.Name] = Child.SmallHeap.Value });
    }
}
