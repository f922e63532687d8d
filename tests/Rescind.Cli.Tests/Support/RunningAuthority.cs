using System.Text.Json.Nodes;

[assembly: AssemblyFixture(typeof(Rescind.Cli.Tests.Support.RunningAuthority))]

namespace Rescind.Cli.Tests.Support;

/// <summary>One Authority process for all tests, with one verifying API that follows it.</summary>
public sealed class RunningAuthority : IAsyncLifetime
{
    private readonly Folder _folder = new();
    private Child? _authority;
    private Child? _api;

    internal string Url { get; } = Places.FreeUrl();

    internal string Data => Path.Combine(_folder.Path, "data");

    internal string Secret { get; private set; } = "";

    internal string StartLine { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _authority = Child.Start(Places.Program, ["serve", "--urls", Url, "--data", Data]);
        await _authority.UntilReadyAsync(Url + "/health/ready");
        await _authority.UntilAsync(() => Task.FromResult(_authority.Out.Contains('\n', StringComparison.Ordinal)));
        StartLine = _authority.Out;
        Secret = (string)JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Data, "admin.json")))!["client_secret"]!;
        var api = Places.FreeUrl();
        _api = Child.Start(Places.Program, ["demo-api", "--urls", api], null,
            ("ASPNETCORE_ENVIRONMENT", "Development"), ("Rescind__Authority", Url), ("Rescind__Audience", "orders"), ("Rescind__Name", "orders"),
            ("Rescind__ClientId", "admin"), ("Rescind__ClientSecret", Secret));
        await _api.UntilReadyAsync(api + "/health/ready");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var child in new[] { _api, _authority }.OfType<Child>())
        {
            await child.DisposeAsync();
        }

        _folder.Dispose();
    }

    /// <summary>Runs a verb as the administrator.</summary>
    internal Task<Ended> RunAsync(params string[] arguments) => SendAsync("", arguments);

    /// <summary>Runs a verb as the administrator, with standard input.</summary>
    internal Task<Ended> SendAsync(string input, params string[] arguments) =>
        Child.RunAsync([.. arguments, "--authority", Url, "--data", Data], input);

    /// <summary>A session of <paramref name="subject"/>: the document that <c>sessions start --json</c> writes.</summary>
    internal async Task<JsonObject> StartSessionAsync(string subject, params string[] more) =>
        (await RunAsync(["sessions", "start", subject, "--audience", "orders", "--json", .. more])).With(0).Json;
}
