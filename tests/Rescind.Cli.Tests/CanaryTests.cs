using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Rescind.Cli.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests;

/// <summary>Canaries and drills over an Authority, two verifiers and one that hears everything and judges nothing.</summary>
public sealed class CanaryTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    private readonly Folder _folder = new();
    private readonly HttpClient _http = new();
    private readonly string _url = FreeUrl.Next();
    private readonly List<Child> _verifiers = [];
    private Child _authority = null!;
    private string _secret = "";

    private string Data => Path.Combine(_folder.Path, "data");

    public async ValueTask InitializeAsync()
    {
        _authority = Child.Start(
            Places.Program, ["serve", "--urls", _url, "--data", Data], null, ("Rescind__CanaryInterval", "00:00:02"));
        await _authority.UntilReadyAsync(_url + "/health/ready");
        _secret = (string)JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Data, "admin.json")))!["client_secret"]!;
        foreach (var name in new[] { "orders", "stock" })
        {
            var api = FreeUrl.Next();
            _verifiers.Add(Child.Start(Places.Program, ["demo-api", "--urls", api], null,
                ("ASPNETCORE_ENVIRONMENT", "Development"), ("Rescind__Authority", _url), ("Rescind__Audience", "orders"),
                ("Rescind__Name", name), ("Rescind__ClientId", "admin"), ("Rescind__ClientSecret", _secret)));
            await _verifiers[^1].UntilReadyAsync(api + "/health/ready");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var child in _verifiers.Append(_authority))
        {
            await child.DisposeAsync();
        }

        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_one_verifier_that_is_broken_is_red_and_named_within_twice_its_bound_and_the_others_are_green()
    {
        var bearer = await BearerAsync();
        var epoch = (string)JsonNode.Parse((await GetAsync("/v1/feed/snapshot", bearer)).Split('\n')[0])!["epoch"]!;
        var broken = new Dictionary<string, string>();
        await PollAsync(bearer, epoch, broken);
        var began = Stopwatch.GetTimestamp();

        // It acknowledges whatever there is, and says of every canary that it is good.
        Dictionary<string, string?> lights;
        do
        {
            await PollAsync(bearer, epoch, broken);
            lights = await LightsAsync(bearer);
            Stopwatch.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(90));
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
        while (lights["broken"] is not "red");
        var elapsed = Stopwatch.GetElapsedTime(began);
        await _authority.UntilAsync(async () =>
            await LightsAsync(bearer) is var now && now["orders"] is "green" && now["stock"] is "green");

        elapsed.ShouldBeLessThanOrEqualTo(2 * Bound);
        _authority.Error.ShouldContain("RSC2220 The verifier broken/broken");
        _authority.Error.ShouldNotContain("RSC2220 The verifier orders");
        _authority.Error.ShouldNotContain("RSC2220 The verifier stock");
    }

    [Fact]
    public async Task A_drill_measures_both_ways_to_each_verifier_and_leaves_nothing_behind()
    {
        // One that has just come takes part from its first canary on.
        var bearer = await BearerAsync();
        await _authority.UntilAsync(async () =>
            await LightsAsync(bearer) is var now && now["orders"] is "green" && now["stock"] is "green");

        var ended = await InProcess.RunAsync(["drill", "--rounds", "5", "--json", "--authority", _url, "--data", Data]);

        var verifiers = ended.With(0).Json["verifiers"]!.AsArray();
        verifiers.Select(static one => (string)one!["name"]!).ShouldBe(["orders", "stock"]);
        foreach (var one in verifiers.Select(static one => one!))
        {
            ((int)one["rounds"]!, (int)one["refused"]!).ShouldBe((5, 5));
            foreach (var way in new[] { "requests", "connections" })
            {
                var (median, p99, most) =
                    ((double)one[way]!["p50_ms"]!, (double)one[way]!["p99_ms"]!, (double)one[way]!["max_ms"]!);
                median.ShouldBeInRange(0, p99);
                p99.ShouldBeLessThanOrEqualTo(most);
                most.ShouldBeLessThanOrEqualTo(Bound.TotalMilliseconds);
            }
        }

        var table = await InProcess.RunAsync(["drill", "--rounds", "1", "--authority", _url, "--data", Data]);
        table.With(0).Out.ShouldContain("Every verifier refused each within its bound.");
        JsonNode.Parse(await GetAsync("/v1/revocations", await BearerAsync()))!["revocations"]!.AsArray().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    [InlineData("many")]
    public async Task A_number_of_rounds_that_is_none_is_refused(string rounds) =>
        (await InProcess.RunAsync(["drill", "--rounds", rounds, "--authority", _url, "--data", Data])).With(2);

    private async Task PollAsync(string bearer, string epoch, Dictionary<string, string> canaries)
    {
        var head = (long)JsonNode.Parse((await GetAsync("/v1/feed/snapshot", bearer)).Split('\n')[0])!["head"]!;
        var report = string.Join(',', canaries.Keys.TakeLast(8).Select(static id => $"{id}.valid.open"));
        report = report.Length == 0 ? "none" : report;
        var answer = JsonNode.Parse(await GetAsync(
            string.Create(CultureInfo.InvariantCulture,
                $"/v1/feed?epoch={epoch}&after={head}&nonce=n&verifier=broken&instance=broken&bound=5&canaries={report}"),
            bearer))!;
        if ((string?)answer["canary"] is { } token)
        {
            var payload = Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1]));
            canaries[(string)JsonNode.Parse(payload)!["jti"]!] = token;
        }
    }

    private async Task<Dictionary<string, string?>> LightsAsync(string bearer) =>
        JsonNode.Parse(await GetAsync("/v1/verifiers", bearer))!["verifiers"]!.AsArray()
            .ToDictionary(static one => (string)one!["name"]!, static one => (string?)one!["canary"]);

    private async Task<string> BearerAsync()
    {
        using var ask = new HttpRequestMessage(HttpMethod.Post, _url + "/token")
        {
            Content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]),
        };
        ask.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"admin:{_secret}")));
        using var answer = await _http.SendAsync(ask);
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["access_token"]!;
    }

    private async Task<string> GetAsync(string path, string bearer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _url + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        using var answer = await _http.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }
}
