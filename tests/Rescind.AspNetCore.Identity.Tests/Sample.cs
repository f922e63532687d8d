using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Rescind.Conformance.Support;

namespace Rescind.AspNetCore.Identity.Tests;

/// <summary>The program of the guide, as a process of its own.</summary>
public sealed class Sample : IDisposable
{
    private const string Old = "Correct-horse-1";
    private const string New = "Another-horse-2";

    private readonly string _folder = Directory.CreateTempSubdirectory("rescind-accounts-").FullName;
    private readonly string _url = FreeUrl.Next();
    private readonly Process _program;
    private readonly HttpClient _http;

    public Sample()
    {
        _http = new() { BaseAddress = new(_url), Timeout = TimeSpan.FromSeconds(60) };
        var start = new ProcessStartInfo("dotnet", [Program(), "--urls", _url])
        {
            WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        _program = Process.Start(start)!;
        _program.OutputDataReceived += static (_, _) => { };
        _program.ErrorDataReceived += static (_, _) => { };
        _program.BeginOutputReadLine();
        _program.BeginErrorReadLine();
    }

    public void Dispose()
    {
        _program.Kill(entireProcessTree: true);
        _program.WaitForExit();
        _program.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_new_password_logs_the_other_device_out()
    {
        await StatusAsync(HttpMethod.Get, "/auth/health/ready", null, until: HttpStatusCode.OK);
        using var registered = await _http.PostAsJsonAsync("/register", new { user = "alice", password = Old });
        var (laptop, phone) = (await LoginAsync(), await LoginAsync());
        await StatusAsync(HttpMethod.Get, "/me", phone, until: HttpStatusCode.OK);

        using var change = new HttpRequestMessage(HttpMethod.Post, "/password")
        {
            Content = JsonContent.Create(new { old = Old, @new = New }), Headers = { Authorization = new("Bearer", laptop) },
        };
        (await _http.SendAsync(change)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        await StatusAsync(HttpMethod.Get, "/me", phone, until: HttpStatusCode.Unauthorized);
        await StatusAsync(HttpMethod.Get, "/me", laptop, until: HttpStatusCode.OK);
        await StatusAsync(HttpMethod.Get, "/admin", laptop, until: HttpStatusCode.Forbidden);
    }

    private async Task<string> LoginAsync()
    {
        using var answer = await _http.PostAsJsonAsync("/login", new { user = "alice", password = Old });
        return (string)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["access_token"]!;
    }

    private async Task StatusAsync(HttpMethod method, string path, string? token, HttpStatusCode until)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await SendAsync(method, path, token) != until)
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private async Task<HttpStatusCode?> SendAsync(HttpMethod method, string path, string? token)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        try
        {
            using var answer = await _http.SendAsync(request);
            return answer.StatusCode;
        }
        catch (HttpRequestException) when (!_program.HasExited)
        {
            return null;
        }
    }

    private static string Program()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Rescind.slnx")))
        {
            root = root.Parent!;
        }

        // .../bin/<configuration>/<framework>: the sample's lies beside its own project in the same way.
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(root.FullName, "samples/Accounts/bin", output.Parent!.Name, output.Name, "Accounts.dll");
    }
}
