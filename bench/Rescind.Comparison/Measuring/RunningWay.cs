using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Rescind.Comparison.Parts;
using Rescind.Comparison.Stores;
using Rescind.Comparison.Ways;

namespace Rescind.Comparison.Measuring;

/// <summary>A way that runs: its application, and the server behind it.</summary>
internal sealed class RunningWay : IAsyncDisposable
{
    private readonly ComparisonOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly PartSettings _settings;
    private readonly Uri _server = Child.FreeUrl();
    private Child? _app;
    private Child? _behind;
    private Relay? _line;

    private RunningWay(WayKind kind, PartSettings settings, ComparisonOptions options, CancellationToken cancellation)
    {
        (Kind, _settings, _options, _cancellation) = (kind, settings, options, cancellation);
        Http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = new(settings.Url), Timeout = TimeSpan.FromSeconds(30),
        };
    }

    public WayKind Kind { get; }

    public HttpClient Http { get; }

    public TimeSpan Lifetime => _settings.Lifetime;

    private Uri App => Http.BaseAddress!;

    private bool HasServer => Kind.Backing is Backing.Issuer or Backing.Authority;

    public static async Task<RunningWay> StartAsync(
        WayKind kind, PartSettings settings, ComparisonOptions options, CancellationToken cancellation)
    {
        var way = new RunningWay(kind, settings, options, cancellation);
        try
        {
            await way.StartServerAsync();
            await way.StartAppAsync();
            return way;
        }
        catch
        {
            await way.DisposeAsync();
            throw;
        }
    }

    public async Task<LoggedIn> LogInAsync(string user, string device)
    {
        using var answer = await Http.PostAsync(
            $"/login?user={Uri.EscapeDataString(user)}&device={Uri.EscapeDataString(device)}", null, _cancellation);
        return new((await ReadAsync(answer)).AsObject());
    }

    /// <summary>Logs out; null where the way cannot do that.</summary>
    public async Task<LoggedIn?> LogOutAsync(LoggedIn who, LogOut reach, CancellationToken cancellation)
    {
        using var request = who.Request(HttpMethod.Post, $"/logout?reach={reach}");
        using var answer = await Http.SendAsync(request, cancellation);
        var body = await ReadAsync(answer);
        return !(bool)body["done"]! ? null : body["instead"] is JsonObject instead ? new(instead) : who;
    }

    /// <summary>Logs out in the narrowest way that there is; null where there is none.</summary>
    public async Task<LoggedIn?> LogOutAnyhowAsync(LoggedIn who, CancellationToken cancellation) =>
        await LogOutAsync(who, LogOut.One, cancellation) ?? await LogOutAsync(who, LogOut.All, cancellation);

    /// <summary>Whether a request of theirs is served now.</summary>
    public async Task<bool> IsServedAsync(LoggedIn who) => await StatusAsync(who, _cancellation) == 200;

    public async Task<int> StatusAsync(LoggedIn who, CancellationToken cancellation)
    {
        using var request = who.Request(HttpMethod.Get, "/orders");
        using var answer = await Http.SendAsync(request, cancellation);
        return (int)answer.StatusCode;
    }

    public async Task<bool> CanRefreshAsync(LoggedIn who)
    {
        using var answer = await Http.PostAsync("/refresh", new StringContent(who.Refresh ?? ""), _cancellation);
        return (bool)await ReadAsync(answer);
    }

    /// <summary>What the application and the server behind it have used.</summary>
    public async Task<Figures> FiguresAsync()
    {
        var app = (await Http.GetFromJsonAsync<Figures>("/figures", _cancellation))!;
        return Kind.Backing switch
        {
            Backing.Authority => app with { CpuUs = app.CpuUs + _behind!.CpuUs },
            Backing.Issuer when await OfServerAsync<Figures>("/figures") is { } issuer =>
                new(app.CpuUs + issuer.CpuUs, app.StoreCalls + issuer.StoreCalls),
            _ => app,
        };
    }

    public async Task<(RoomFigures App, long ServerBytes)> RoomAsync()
    {
        var app = await Http.GetFromJsonAsync<RoomFigures>("/room", _cancellation);
        return Kind.Backing switch
        {
            Backing.Authority => (app! with { StoreBytes = FileSize.Of(Path.Combine(Data, "rescind.db")) }, _behind!.MemoryBytes),
            Backing.Issuer when await OfServerAsync<RoomFigures>("/room") is { } issuer =>
                (app! with { StoreBytes = issuer.StoreBytes }, issuer.MemoryBytes),
            _ => (app!, 0),
        };
    }

    /// <summary>
    /// From now on all clocks of this way run faster by the factor; with 1 as they did before, and back in the present.
    /// </summary>
    public async Task HurryAsync(double factor)
    {
        var query = string.Create(
            CultureInfo.InvariantCulture,
            $"/clock?factor={factor}&from={TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}");
        using var app = await Http.PostAsync(query, null, _cancellation);
        app.EnsureSuccessStatusCode();
        if (Kind.Backing is Backing.Issuer)
        {
            using var issuer = await Http.PostAsync(new Uri(_server, query), null, _cancellation);
            issuer.EnsureSuccessStatusCode();
        }
    }

    /// <summary>Takes the store away; says how.</summary>
    public async Task<string> TakeStoreAwayAsync()
    {
        if (HasServer)
        {
            await _behind!.KillAsync();
            return Kind.Backing is Backing.Authority ? "the Authority is killed" : "the issuer is killed";
        }

        if (_line is not null)
        {
            _line.Cut();
            return "the line to the server is cut";
        }

        using var answer = await Http.PostAsync("/away", null, _cancellation);
        answer.EnsureSuccessStatusCode();
        return "the file is locked by another";
    }

    public async Task BringStoreBackAsync()
    {
        if (HasServer)
        {
            await _behind!.DisposeAsync();
            await StartServerAsync();
            return;
        }

        if (_line is not null)
        {
            _line.Mend();
            return;
        }

        using var answer = await Http.PostAsync("/back", null, _cancellation);
        answer.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        await ClearAsync();
        Http.Dispose();
        _line?.Dispose();
        foreach (var child in new[] { _app, _behind }.OfType<Child>())
        {
            await child.DisposeAsync();
        }
    }

    /// <summary>The same way once more, its line to the server through this process: it can be cut.</summary>
    public async Task<RunningWay> WithLineAsync(StoreServer server)
    {
        var (host, port) = server.Target;
        var line = new Relay(host, port);
        try
        {
            var settings = _settings with { Url = Text(Child.FreeUrl()), Store = server.Through(line.Port) };
            var way = await StartAsync(Kind, settings, _options, _cancellation);
            way._line = line;
            return way;
        }
        catch
        {
            line.Dispose();
            throw;
        }
    }

    // What is in a server of the reader goes when the run ends, however it ends; what is not reached then ends by itself.
    private async Task ClearAsync()
    {
        if (Kind.Backing is not Backing.Database || _app is null)
        {
            return;
        }

        try
        {
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(5), TimeProvider.System);
            using var answer = await Http.PostAsync("/clear", null, late.Token);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            // Interrupted together with this process.
        }
    }

    private string Data => Path.Combine(_settings.Folder, "authority");

    private async Task StartServerAsync() => _behind = Kind.Backing switch
    {
        Backing.Authority => await Child.StartAsync(
            _options.Program, ["serve", "--urls", Text(_server), "--data", Data], new(_server, "/health/ready"), null,
            _cancellation),
        Backing.Issuer => await Child.StartAsync(
            ComparisonProgram.PartCommand, [], new(_server, "/plain"),
            _settings with { IsIssuer = true, Url = Text(_server) }, _cancellation),
        _ => null,
    };

    private async Task StartAppAsync()
    {
        var settings = _settings with { Server = HasServer ? Text(_server) : null };
        if (Kind.Backing is Backing.Authority)
        {
            var admin = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Data, "admin.json"), _cancellation))!;
            settings = settings with { ClientId = (string)admin["client_id"]!, ClientSecret = (string)admin["client_secret"]! };
        }

        _app = await Child.StartAsync(ComparisonProgram.PartCommand, [], new(App, "/plain"), settings, _cancellation);
    }

    private async Task<JsonNode> ReadAsync(HttpResponseMessage answer) => answer.IsSuccessStatusCode
        ? (await answer.Content.ReadFromJsonAsync<JsonNode>(_cancellation))!
        : throw new ComparisonFailedException($"{Kind.Id}: {answer.RequestMessage?.RequestUri?.AbsolutePath} answered "
            + $"{(int)answer.StatusCode}.");

    private Task<T?> OfServerAsync<T>(string path) => Http.GetFromJsonAsync<T>(new Uri(_server, path), _cancellation);

    private static string Text(Uri url) => url.ToString().TrimEnd('/');
}

/// <summary>A device that is logged in, and what it shows with each request.</summary>
internal sealed class LoggedIn(JsonObject credential)
{
    private readonly string _header = (string)credential["header"]!;
    private readonly string _value = (string)credential["value"]!;

    public string? Refresh { get; } = (string?)credential["refresh"];

    public int Bytes => _header.Length + _value.Length + 4;

    public HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation(_header, _value);
        return request;
    }
}
