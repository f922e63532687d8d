using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Rescind.Cli.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests;

/// <summary>What the program tells Prometheus and a collector, and that no secret is in it (G7).</summary>
public sealed class TelemetryTests : IAsyncLifetime
{
    private readonly Folder _folder = new();
    private readonly Collector _collector = new();
    private readonly HttpClient _http = new();
    private readonly string _url = FreeUrl.Next();
    private readonly string _metrics = FreeUrl.Next();
    private readonly string _api = FreeUrl.Next();
    private readonly string _apiMetrics = FreeUrl.Next();
    private Child _authority = null!;
    private Child _verifier = null!;
    private string _secret = "";
    private string _bearer = "";

    public async ValueTask InitializeAsync()
    {
        var data = Path.Combine(_folder.Path, "data");
        _authority = Child.Start(
            Places.Program, ["serve", "--urls", _url, "--data", data, "--metrics", _metrics], null, _collector.Settings);
        await _authority.UntilReadyAsync(_url + "/health/ready");
        _secret = (string)JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(data, "admin.json")))!["client_secret"]!;
        _verifier = Child.Start(
            Places.Program, ["demo-api", "--urls", _api], null,
            [
                .. _collector.Settings, ("ASPNETCORE_ENVIRONMENT", "Development"), ("Rescind__Authority", _url),
                ("Rescind__Audience", "orders"), ("Rescind__ClientId", "admin"), ("Rescind__ClientSecret", _secret),
                ("Rescind__MetricsUrl", _apiMetrics),
            ]);
        await _verifier.UntilReadyAsync(_api + "/health/ready");
        _bearer = (string)(await FormAsync("/token", ("grant_type", "client_credentials")))["access_token"]!;
    }

    public async ValueTask DisposeAsync()
    {
        await _verifier.DisposeAsync();
        await _authority.DisposeAsync();
        await _collector.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_real_prometheus_scrapes_both_and_no_alert_fires()
    {
        await LiveAsync();
        var url = FreeUrl.Next();
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "prometheus.yml"), $"""
            global: {"{"} scrape_interval: 1s, evaluation_interval: 1s {"}"}
            rule_files: ["{Places.Root}/docs/operating/monitoring/rescind.rules.yml"]
            scrape_configs:
              - job_name: authority
                static_configs: [{"{"} targets: ["{new Uri(_metrics).Authority}"] {"}"}]
              - job_name: orders
                static_configs: [{"{"} targets: ["{new Uri(_apiMetrics).Authority}"] {"}"}]
            """, TestContext.Current.CancellationToken);
        await using var prometheus = Child.StartTool(
            "prometheus",
            [
                "--config.file=prometheus.yml", "--storage.tsdb.path=series", $"--web.listen-address={new Uri(url).Authority}",
            ],
            _folder.Path);
        await prometheus.UntilReadyAsync(url + "/-/ready");

        await prometheus.UntilAsync(async () => await CountAsync(url, "rescind_verifiers{rescind_state=\"live\"} == 1") == 1
            && await CountAsync(url, "rescind_verdicts_total{rescind_verdict=\"revoked\"} > 0") == 1
            && await CountAsync(url, "rescind_revocations_total{rescind_match=\"session\", rescind_effect=\"end\"} > 0") == 1
            && await CountAsync(url, "up == 1") == 2);
        await prometheus.UntilAsync(async () => await RulesAsync(url) is { Count: > 10 } rules
            && rules.All(rule => (string?)rule!["health"] is "ok" && (string?)rule["state"] is "inactive"));
    }

    [Fact]
    public async Task Promtool_accepts_what_both_show()
    {
        await LiveAsync();
        foreach (var url in new[] { _metrics, _apiMetrics })
        {
            var shown = await _http.GetStringAsync(new Uri(url + "/metrics"), TestContext.Current.CancellationToken);
            await using var promtool = Child.StartTool("promtool", ["check", "metrics"], _folder.Path);

            var ended = await promtool.EndAsync(shown);

            ended.Code.ShouldBe(0, ended.Error + ended.Out + shown);
        }
    }

    [Fact]
    public async Task The_address_of_metrics_serves_them_alone_and_the_one_of_the_authority_never_does()
    {
        foreach (var path in new[] { "/", "/health/live", "/token", "/v1/verifiers", "/.well-known/openid-configuration" })
        {
            (await StatusAsync(_metrics + path)).ShouldBe(HttpStatusCode.NotFound, path);
        }

        (await StatusAsync(_metrics + "/metrics")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(_url + "/metrics")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("https://127.0.0.1:9464")]
    [InlineData("http://127.0.0.1:9464/metrics")]
    [InlineData("9464")]
    public async Task An_address_that_cannot_be_listened_at_keeps_it_from_starting_and_names_the_setting(string metrics)
    {
        var data = Path.Combine(_folder.Path, "other");

        var ended = await Child.RunAsync(["serve", "--urls", FreeUrl.Next(), "--data", data, "--metrics", metrics]);

        ended.With(2).Error.ShouldContain("Rescind:MetricsUrl");
    }

    [Fact]
    public async Task A_trace_goes_from_the_request_through_the_commit_to_the_receipt()
    {
        await LiveAsync();

        foreach (var span in new[]
        {
            "POST /token", "POST /v1/revocations", "rescind.refresh", "rescind.revoke", "rescind.store.commit", "rescind.receipt",
        })
        {
            await _authority.UntilAsync(() => Task.FromResult(_collector.Of("traces").Contains(span, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task No_token_no_secret_and_no_name_is_in_metrics_and_traces_and_no_secret_in_logs()
    {
        var (secrets, names) = await LiveAsync();
        await _authority.UntilAsync(() => Task.FromResult(
            _collector.Of("traces").Contains("rescind.receipt", StringComparison.Ordinal)
            && _collector.Of("metrics").Contains("rescind.revocations", StringComparison.Ordinal)
            && _collector.Of("logs").Contains("has started", StringComparison.Ordinal)));
        var metrics = _collector.Of("metrics")
            + await _http.GetStringAsync(new Uri(_metrics + "/metrics"), TestContext.Current.CancellationToken)
            + await _http.GetStringAsync(new Uri(_apiMetrics + "/metrics"), TestContext.Current.CancellationToken);
        var traces = _collector.Of("traces");
        var logs = _collector.Of("logs") + _authority.Out + _authority.Error + _verifier.Out + _verifier.Error;

        foreach (var secret in secrets)
        {
            (metrics + traces + logs).ShouldNotContain(secret);
        }

        foreach (var name in names)
        {
            (metrics + traces).ShouldNotContain(name);
        }
    }

    // A person comes, refreshes, is thrown out and tries on; every token and secret goes wherever one can be sent.
    private async Task<(IReadOnlyList<string> Secrets, IReadOnlyList<string> Names)> LiveAsync()
    {
        const string subject = "somebody-planted";
        var started = await JsonAsync("/v1/sessions", $$"""{ "subject": "{{subject}}", "audience": "orders" }""");
        var (access, refresh) = ((string)started["access_token"]!, (string)started["refresh_token"]!);
        var session = (string)started["session_id"]!;
        var next = await FormAsync(
            "/token", ("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", "web"));
        await FormAsync("/token", ("grant_type", "refresh_token"), ("refresh_token", refresh + "x"), ("client_id", "web"));
        await FormAsync("/introspect", ("token", access));
        await FormAsync("/revoke", ("token", "rt_planted-garbage"), ("client_secret", "planted-wrong-secret"));
        await JsonAsync("/v1/revocations", $$"""{ "match": { "token": "{{access}}" }, "reason": "planted-reason" }""");
        await _http.GetAsync(new Uri($"{_url}/v1/sessions?subject={subject}&access_token={access}"));
        using var ask = new HttpRequestMessage(HttpMethod.Get, $"{_url}/v1/sessions/{session}");
        ask.Headers.Authorization = new("Bearer", _bearer);
        ask.Headers.UserAgent.ParseAdd("planted-agent/1");
        (await _http.SendAsync(ask)).Dispose();
        await AtApiAsync(access);
        await JsonAsync(
            "/v1/revocations", $$"""{ "match": { "session": "{{session}}" }, "reason": "planted-reason" }""",
            ("Prefer", "wait=5"));
        await AtApiAsync((string)next["access_token"]!);
        string[] tokens = [access, refresh, (string)next["access_token"]!, (string)next["refresh_token"]!, _bearer];
        return (
            [
                .. tokens.SelectMany(static token => token.Split('.')[1..].Append(token)),
                _secret, "planted-garbage", "planted-wrong",
            ],
            [subject, session, "planted-reason", "planted-agent"]);
    }

    private async Task AtApiAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _api);
        request.Headers.Authorization = new("Bearer", token);
        (await _http.SendAsync(request)).Dispose();
    }

    private async Task<JsonObject> JsonAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _url + path) { Content = new StringContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Authorization = new("Bearer", _bearer);
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await SendAsync(request);
    }

    private async Task<JsonObject> FormAsync(string path, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _url + path)
        {
            Content = new FormUrlEncodedContent(fields.Select(static field => KeyValuePair.Create(field.Name, field.Value))),
        };
        if (Array.TrueForAll(fields, static field => field.Name is not ("client_id" or "client_secret")))
        {
            var basic = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"admin:{_secret}"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", basic);
        }

        return await SendAsync(request);
    }

    private async Task<JsonObject> SendAsync(HttpRequestMessage request)
    {
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return text.StartsWith('{') ? JsonNode.Parse(text)!.AsObject() : [];
    }

    private async Task<HttpStatusCode> StatusAsync(string url)
    {
        using var answer = await _http.GetAsync(new Uri(url));
        return answer.StatusCode;
    }

    private async Task<int> CountAsync(string url, string query)
    {
        var answer = await _http.GetStringAsync(new Uri($"{url}/api/v1/query?query={Uri.EscapeDataString(query)}"));
        return JsonNode.Parse(answer)!["data"]!["result"]!.AsArray().Count;
    }

    private async Task<JsonArray> RulesAsync(string url) =>
        JsonNode.Parse(await _http.GetStringAsync(new Uri(url + "/api/v1/rules")))!["data"]!["groups"]![0]!["rules"]!.AsArray();
}
