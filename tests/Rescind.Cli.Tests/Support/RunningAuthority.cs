using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Rescind.Conformance.Support;

[assembly: AssemblyFixture(typeof(Rescind.Cli.Tests.Support.RunningAuthority))]

namespace Rescind.Cli.Tests.Support;

/// <summary>One Authority process for all tests, with one verifying API that follows it.</summary>
public sealed class RunningAuthority : IAsyncLifetime
{
    private readonly Folder _folder = new();
    private Child? _authority;
    private Child? _api;

    internal string Url { get; } = FreeUrl.Next();

    /// <summary>An endpoint of the API that needs a token.</summary>
    internal string Api { get; private set; } = "";

    internal string Data => Path.Combine(_folder.Path, "data");

    internal string Secret { get; private set; } = "";

    internal string StartLine { get; private set; } = "";

    /// <summary>Whether no API is to follow it.</summary>
    internal bool IsAlone { get; init; }

    public async ValueTask InitializeAsync()
    {
        _authority = Child.Start(Places.Program, ["serve", "--urls", Url, "--data", Data]);
        await _authority.UntilReadyAsync(Url + "/health/ready");
        await _authority.UntilAsync(() => Task.FromResult(_authority.Out.Contains('\n', StringComparison.Ordinal)));
        StartLine = _authority.Out;
        Secret = (string)JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Data, "admin.json")))!["client_secret"]!;
        if (IsAlone)
        {
            return;
        }

        var api = FreeUrl.Next();
        _api = Child.Start(Places.Program, ["demo-api", "--urls", api], null,
            ("ASPNETCORE_ENVIRONMENT", "Development"), ("Rescind__Authority", Url), ("Rescind__Audience", "orders"),
            ("Rescind__Name", "orders"),
            ("Rescind__ClientId", "admin"), ("Rescind__ClientSecret", Secret));
        await _api.UntilReadyAsync(api + "/health/ready");
        Api = api;
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
        InProcess.RunAsync([.. arguments, "--authority", Url, "--data", Data], input);

    /// <summary>A session of <paramref name="subject"/>: the document that <c>sessions start --json</c> writes.</summary>
    internal async Task<JsonObject> StartSessionAsync(string subject, params string[] more) =>
        (await RunAsync(["sessions", "start", subject, "--audience", "orders", "--json", .. more])).With(0).Json;

    /// <summary>Runs a verb as another client than the administrator.</summary>
    internal Task<Ended> RunAsAsync((string Id, string Secret) client, params string[] arguments) =>
        SendAsAsync(client, "", arguments);

    /// <summary>The same with standard input.</summary>
    internal Task<Ended> SendAsAsync((string Id, string Secret) client, string input, params string[] arguments) =>
        InProcess.RunAsync(
            [.. arguments, "--authority", Url], input, ("RESCIND_CLIENT_ID", client.Id),
            ("RESCIND_CLIENT_SECRET", client.Secret));

    /// <summary>Registers an API client with one scope.</summary>
    internal async Task<(string Id, string Secret)> AddClientAsync(string id, string scope)
    {
        using var http = new HttpClient { BaseAddress = new(Url) };
        var basic = Convert.ToBase64String(
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"admin:{Secret}")));
        using var ask = new HttpRequestMessage(HttpMethod.Post, "/token") { Content = new FormUrlEncodedContent([new("grant_type",
            "client_credentials")]) };
        ask.Headers.Authorization = new AuthenticationHeaderValue("Basic", basic);
        using var token = await http.SendAsync(ask);
        var access = (string)JsonNode.Parse(await token.Content.ReadAsStringAsync())!["access_token"]!;
        var body = new JsonObject { ["client_id"] = id, ["kind"] = "confidential", ["scopes"] = new JsonArray(scope) };
        using var create =
            new HttpRequestMessage(HttpMethod.Post, "/v1/clients") { Content = new StringContent(body.ToJsonString(),
                Encoding.UTF8, "application/json") };
        create.Headers.Authorization = new AuthenticationHeaderValue("Bearer", access);
        using var created = await http.SendAsync(create);
        var answer = await created.Content.ReadAsStringAsync();
        created.IsSuccessStatusCode.ShouldBeTrue(answer);
        return (id, (string)JsonNode.Parse(answer)!["client_secret"]!);
    }
}
